# bash completion for sawlog

_sawlog() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]:-}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$(sawlog help 2>/dev/null |
      sed -n 's/^  \([a-z]*\) .*/\1/p') help --help --version" -- "$current")
    return
  fi
  case $previous in
    --config | -c | --output | -o | --log | -l | --html)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --user | -u)
      mapfile -t COMPREPLY < <(compgen -u -- "$current")
      return
      ;;
    --color)
      mapfile -t COMPREPLY < <(compgen -W "always never auto" -- "$current")
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    # the commands know their options best
    mapfile -t COMPREPLY < <(compgen -W "$(sawlog "$command" --help 2>/dev/null |
      sed -n 's/^  *\(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\2/p')" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _sawlog sawlog
