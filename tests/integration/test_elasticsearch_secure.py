"""Elasticsearch with TLS, client certificates, users and rights."""
import ssl
import subprocess

import httpx
import pytest
from support.agent import Agent
from support.search import append, make_agent, run_command, wait_delivered, wait_health
from support.waiting import wait_for


class Admin:
    """Speaks to the secure server as its administrator, with the client certificate."""

    def __init__(self, server):
        self.server = server
        config = server.directory / "config"
        self.ca = str(config / "ca.pem")
        self.cert, self.key = str(config / "client.pem"), str(config / "client.key")
        if not (config / "client.pem").exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=agent",
                 "-CA", config / "ca.pem", "-CAkey", config / "ca.key", "-keyout", self.key,
                 "-out", self.cert, "-addext", "basicConstraints=critical,CA:FALSE"],
                check=True, stderr=subprocess.DEVNULL)
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.cert, self.key)
        self.client = httpx.Client(base_url=f"https://localhost:{server.port}", verify=context,
                                   auth=("elastic", "agent-secret"), timeout=60)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        answer = self.client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()

    def role(self, name: str, index: str, privileges: list[str]) -> None:
        self.call("PUT", f"/_security/role/{name}",
                  {"indices": [{"names": [index], "privileges": privileges}]})

    def user(self, name: str, password: str, role: str) -> None:
        self.call("PUT", f"/_security/user/{name}", {"password": password, "roles": [role]})

    def count(self, index: str) -> int:
        self.call("POST", f"/{index}/_refresh")
        return self.call("GET", f"/{index}/_count")["count"]

    def output(self, **keys) -> dict:
        return {"hosts": [str(self.client.base_url).rstrip("/")],
                "tls": {"ca": self.ca, "cert": self.cert, "key": self.key}, **keys}


@pytest.fixture
def admin(secure_elasticsearch) -> Admin:
    return Admin(secure_elasticsearch)


def secure_agent(directory, admin: Admin, **keys) -> Agent:
    output = admin.output(**keys)
    return make_agent(directory, output.pop("hosts")[0], **output)


WRITER = ["create_doc", "auto_configure", "read", "view_index_metadata"]


def check_secrets_are_nowhere(agent: Agent, *secrets: str) -> None:
    shown = agent.log.read_text() + agent.get("/status").text + agent.get("/health/ready").text
    for secret in secrets:
        assert secret not in shown


def test_api_key_and_client_certificate(binary, admin, tmp_path, name):
    key = admin.call("POST", "/_security/api_key", {"name": name, "role_descriptors": {
        "writer": {"indices": [{"names": [name], "privileges": WRITER}]}}})["encoded"]
    append(tmp_path, 10)
    with secure_agent(tmp_path, admin, data_stream=name, api_key=key) as agent:
        code, lines = run_command(agent, "check", "--connect")
        assert code == 0 and "rights suffice" in lines[-1], lines
        agent.start()
        agent.wait_up()
        wait_delivered(agent, 10)
        check_secrets_are_nowhere(agent, key)
        assert agent.stop() == 0
    assert admin.count(name) == 10


def test_without_the_client_certificate(binary, admin, tmp_path, name):
    append(tmp_path, 1)
    with secure_agent(tmp_path, admin, data_stream=name, username="elastic",
                      password="agent-secret", tls={"ca": admin.ca}) as agent:
        agent.start()
        agent.wait_up()
        wait_for("the refusal", lambda: agent.consumers()["search"]["health"] != "up")
        assert "cert" in agent.consumers()["search"]["reason"]


def test_a_foreign_authority_pauses(binary, admin, tmp_path, name):
    append(tmp_path, 1)
    with secure_agent(tmp_path, admin, data_stream=name, username="elastic",
                      password="agent-secret",
                      tls={"cert": admin.cert, "key": admin.key}) as agent:
        agent.start()
        agent.wait_up()
        assert "certificate" in wait_health(agent, "paused")["reason"]
        code, lines = run_command(agent, "check", "--connect")
        assert code == 1 and "look at 'tls'" in lines[-1]


def test_a_wrong_password_pauses_until_it_is_right(binary, admin, tmp_path, name):
    user, password = f"late-{name}", "long-enough-secret"
    admin.role(name, name, WRITER)
    append(tmp_path, 5)
    with secure_agent(tmp_path, admin, data_stream=name, username=user,
                      password=password) as agent:
        agent.start()
        agent.wait_up()
        assert "401" in wait_health(agent, "paused")["reason"]
        assert agent.get("/health/ready").status_code == 503
        requests = agent.consumers()["search"]["requests"]
        code, lines = run_command(agent, "check", "--connect")
        assert code == 1 and "correct 'username' and 'password'" in lines[-1]
        admin.user(user, password, name)
        wait_delivered(agent, 5)
        wait_health(agent, "up")
        assert agent.consumers()["search"]["requests"] - requests < 30  # tried slowly
        check_secrets_are_nowhere(agent, password)
        assert agent.stop() == 0
    assert admin.count(name) == 5


def test_missing_rights_pause_until_they_are_granted(binary, admin, tmp_path, name):
    admin.role(name, name, ["read", "view_index_metadata"])
    admin.user(name, "long-enough-secret", name)
    append(tmp_path, 5)
    with secure_agent(tmp_path, admin, data_stream=name, username=name,
                      password="long-enough-secret") as agent:
        agent.start()
        agent.wait_up()
        assert "security_exception" in wait_health(agent, "paused")["reason"]
        code, lines = run_command(agent, "check", "--connect")
        assert code == 1 and "grant auto_configure, create_doc" in lines[-1], lines
        admin.role(name, name, WRITER)
        wait_delivered(agent, 5)
        assert agent.consumers()["search"]["dead_lettered_lines"] == 0
        assert agent.stop() == 0
    assert admin.count(name) == 5


def test_without_the_right_to_read_it_says_so_and_goes_on(binary, admin, tmp_path, name):
    admin.role(name, name, ["create_doc", "auto_configure"])
    admin.user(name, "long-enough-secret", name)
    append(tmp_path, 5)
    with secure_agent(tmp_path, admin, data_stream=name, username=name,
                      password="long-enough-secret") as agent:
        agent.start()
        agent.wait_up()
        wait_delivered(agent, 5)
        append(tmp_path, 5)
        wait_delivered(agent, 10)
        assert agent.log.read_text().count("may be there twice") == 1
        assert agent.stop() == 0
    assert admin.count(name) == 10
