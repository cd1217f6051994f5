// What each dashboard shows. Names of metrics: docs/metrics.md.

const isError = (status) => /^[45]/.test(status);
const isServerError = (status) => status.startsWith('5');
const shareOfAll = (name, match) => (metrics) => {
  const all = metrics.sum(name);
  const some = metrics.sum(name, match);
  return all > 0 ? (Number.isFinite(some) ? some : 0) / all : NaN;
};

const kRequestTiles = [
  sumTile('Requests', 'http_requests_total'),
  sumTile('Server errors', 'http_requests_total', {status_code: isServerError}),
  tile('Error share', shareOfAll('http_requests_total', {status_code: isError}), format.percent, badAbove(0.05)),
  tile('p95', (metrics) => metrics.quantile('http_request_duration_seconds', 0.95), format.seconds),
  sumTile('In progress', 'http_requests_in_progress'),
  sumTile('Active connections', 'active_connections'),
];

const kRequestCharts = [
  {title: 'Requests by status', unit: format.rate, lines: grouped('http_requests_total')},
  {title: 'Latency', unit: format.seconds, lines: quantiles('http_request_duration_seconds')},
  {title: 'Errors', unit: format.rate, lines: several(
    together('5xx', 'http_requests_total', 'rate', ({group}) => isServerError(group)),
    together('4xx', 'http_requests_total', 'rate', ({group}) => group.startsWith('4')),
    together('logged errors', 'log_errors_total'))},
  {title: 'Active', unit: format.number, lines: several(
    together('requests in progress', 'http_requests_in_progress', 'value'),
    together('connections', 'active_connections', 'value'),
    together('sessions', 'active_sessions', 'value'))},
];

const host = {
  cpu: ratio('busy', together('', 'node_cpu_seconds_total', 'rate', ({group}) => group !== 'idle' && group !== 'iowait'),
    together('', 'node_cpu_seconds_total')),
  memory: ratio('used', together('', 'node_memory_MemAvailable_bytes', 'value'),
    together('', 'node_memory_MemTotal_bytes', 'value'), (available, all) => 1 - available / all),
  disks: (recent) => recent.of('node_filesystem_size_bytes').map(({group, value}) => {
    const available = recent.of('node_filesystem_avail_bytes').find((series) => series.group === group);
    return {label: group, values: value.map((size, i) =>
      (size && available?.value[i] !== null ? 1 - available.value[i] / size : null))};
  }),
};

const byAgent = ['agent_executions_total', 'agent_errors_total'];

const pages = [
  {
    id: 'system',
    title: 'System',
    parts: () => [
      new Tiles([...kRequestTiles,
        sumTile('Log lines', 'log_records_total'),
        tile('Log errors', (metrics) => metrics.sum('log_errors_total'), format.count)]),
      ...charts(
        {title: 'CPU', unit: format.percent, lines: host.cpu},
        {title: 'Memory', unit: format.percent, lines: host.memory},
        {title: 'Load', unit: format.share, lines: together('1 min', 'node_load1', 'value')},
        {title: 'Disk space used', unit: format.percent, lines: host.disks},
        {title: 'Disk', unit: format.byteRate, lines: several(
          together('read', 'node_disk_read_bytes_total'), together('written', 'node_disk_written_bytes_total'))},
        {title: 'Network', unit: format.byteRate, lines: several(
          together('received', 'node_network_receive_bytes_total'),
          together('sent', 'node_network_transmit_bytes_total'))},
        ...kRequestCharts,
        {title: 'Log lines by level', unit: format.rate, lines: grouped('log_records_total')}),
    ],
  },
  {
    id: 'application',
    title: 'Application',
    parts: () => [
      new Tiles(kRequestTiles),
      ...charts(...kRequestCharts,
        {title: 'Tools', unit: format.rate, lines: grouped('tool_executions_total')},
        {title: 'Tool latency', unit: format.seconds, lines: quantiles('tool_execution_duration_seconds')},
        {title: 'Cache', unit: format.rate, lines: grouped('cache_operations_total')},
        {title: 'Database latency', unit: format.seconds, lines: quantiles('db_query_duration_seconds')},
        {title: 'Sign-ins', unit: format.rate, lines: grouped('auth_attempts_total')},
        {title: 'Permission checks', unit: format.rate, lines: grouped('permission_checks_total')}),
      new MetricTable({title: 'Endpoints', metrics: ['http_requests_total'], labels: ['method', 'endpoint'], columns: [
        total('requests', 'http_requests_total'),
        total('4xx', 'http_requests_total', {status_code: (code) => code.startsWith('4')}),
        total('5xx', 'http_requests_total', {status_code: isServerError}),
        meanOf('mean', 'http_request_duration_seconds'),
        quantileOf('p50', 'http_request_duration_seconds', 0.5),
        quantileOf('p95', 'http_request_duration_seconds', 0.95),
        quantileOf('p99', 'http_request_duration_seconds', 0.99)]}),
      new MetricTable({title: 'Tools', metrics: ['tool_executions_total'], labels: ['tool_name'], columns: [
        total('calls', 'tool_executions_total'),
        shareOf('errors', 'tool_executions_total', {status: 'error'}),
        meanOf('mean', 'tool_execution_duration_seconds'),
        quantileOf('p95', 'tool_execution_duration_seconds', 0.95)]}),
      new MetricTable({title: 'Database', metrics: ['db_queries_total'], labels: ['operation', 'table'], columns: [
        total('queries', 'db_queries_total'),
        meanOf('mean', 'db_query_duration_seconds'),
        quantileOf('p95', 'db_query_duration_seconds', 0.95)]}),
      new MetricTable({title: 'Cache', metrics: ['cache_operations_total'], labels: ['cache_type'], columns: [
        total('operations', 'cache_operations_total'),
        shareOf('hits', 'cache_operations_total', {result: 'hit'})]}),
      new MetricTable({title: 'Errors in the log', metrics: ['log_errors_total'], labels: ['service_name', 'error_type'],
        columns: [total('lines', 'log_errors_total')]}),
    ],
  },
  {
    id: 'agents',
    title: 'Agents',
    parts: () => [
      new Tiles([
        sumTile('Executions', 'agent_executions_total'),
        tile('Completed', shareOfAll('agent_executions_total', {status: 'success'}), format.percent),
        tile('Errors', shareOfAll('agent_executions_total', {status: 'error'}), format.percent, badAbove(0.05)),
        tile('Response p95', (metrics) => metrics.quantile('agent_execution_duration_seconds', 0.95), format.seconds),
        sumTile('Tokens', 'llm_tokens_used_total'),
        sumTile('Cost', 'api_cost_dollars_total', {}, format.dollars)]),
      ...charts(
        {title: 'Response time', unit: format.seconds, lines: quantiles('agent_execution_duration_seconds')},
        {title: 'Executions by outcome', unit: format.rate, lines: grouped('agent_executions_total')},
        {title: 'Tokens', unit: format.rate, lines: grouped('llm_tokens_used_total')},
        {title: 'Cost an hour, by model', unit: format.dollars, lines: (recent) =>
          recent.of('api_cost_dollars_total').map(({group, rate}) =>
            ({label: group, values: rate.map((value) => (value === null ? null : value * 3600))}))},
        {title: 'Model latency', unit: format.seconds, lines: quantiles('llm_request_duration_seconds')},
        {title: 'RAG grounding', unit: format.share, lines: (recent) =>
          [{label: 'mean score', values: recent.of('rag_grounding_score')[0]?.mean ?? []}]},
        {title: 'RAG latency', unit: format.seconds, lines: quantiles('rag_retrieval_duration_seconds')},
        {title: 'Workflows', unit: format.rate, lines: grouped('workflow_executions_total')}),
      new MetricTable({title: 'Agents', metrics: byAgent, labels: ['agent_name'], columns: [
        total('executions', 'agent_executions_total'),
        shareOf('completed', 'agent_executions_total', {status: 'success'}),
        shareOf('failed', 'agent_executions_total', {status: 'error'}),
        total('errors', 'agent_errors_total'),
        total('running', 'agent_concurrent_executions'),
        meanOf('mean', 'agent_execution_duration_seconds'),
        quantileOf('p95', 'agent_execution_duration_seconds', 0.95)]}),
      new MetricTable({title: 'Models', metrics: ['llm_requests_total', 'api_cost_dollars_total'], labels: ['model'], columns: [
        total('requests', 'llm_requests_total'),
        total('input tokens', 'llm_tokens_used_total', {token_type: 'input'}),
        total('output tokens', 'llm_tokens_used_total', {token_type: 'output'}),
        total('cost', 'api_cost_dollars_total', {}, format.dollars),
        total('errors', 'llm_errors_total'),
        quantileOf('p95', 'llm_request_duration_seconds', 0.95)]}),
      new MetricTable({title: 'Retrieval', metrics: ['rag_retrievals_total'], labels: ['namespace'], columns: [
        total('retrievals', 'rag_retrievals_total'),
        shareOf('failed', 'rag_retrievals_total', {status: 'error'}),
        quantileOf('p95', 'rag_retrieval_duration_seconds', 0.95)]}),
      new MetricTable({title: 'Workflows', metrics: ['workflow_executions_total'], labels: ['workflow'], columns: [
        total('executions', 'workflow_executions_total'),
        shareOf('failed', 'workflow_executions_total', {status: 'error'}),
        total('retries', 'workflow_retries_total'),
        quantileOf('p95', 'workflow_duration_seconds', 0.95)]}),
    ],
  },
  {
    id: 'vector-db',
    title: 'Vector DB',
    parts: () => [
      new Tiles([
        sumTile('Queries', 'vectordb_query_duration_seconds_count'),
        tile('Query p95', (metrics) => metrics.quantile('vectordb_query_duration_seconds', 0.95), format.seconds),
        tile('Cache hits', shareOfAll('cache_operations_total', {result: 'hit'}), format.percent),
        sumTile('Index size', 'vectordb_index_size_bytes', {}, format.bytes),
        sumTile('Storage', 'vectordb_storage_bytes', {}, format.bytes),
        tile('Embedding p95', (metrics) => metrics.quantile('embedding_duration_seconds', 0.95), format.seconds)]),
      ...charts(
        {title: 'Query latency', unit: format.seconds, lines: quantiles('vectordb_query_duration_seconds')},
        {title: 'Queries', unit: format.rate, lines: together('queries', 'vectordb_query_duration_seconds')},
        {title: 'Embedding time', unit: format.seconds, lines: quantiles('embedding_duration_seconds')},
        {title: 'Cache hit rate', unit: format.percent, lines: ratio('hits',
          together('', 'cache_operations_total', 'rate', ({group}) => group === 'hit'),
          together('', 'cache_operations_total'))},
        {title: 'Index size', unit: format.bytes, lines: together('all indexes', 'vectordb_index_size_bytes', 'value')},
        {title: 'Storage', unit: format.bytes, lines: together('storage', 'vectordb_storage_bytes', 'value')}),
      new MetricTable({title: 'Indexes', metrics: ['vectordb_query_duration_seconds_count', 'vectordb_index_size_bytes'],
        labels: ['index'], columns: [
          total('queries', 'vectordb_query_duration_seconds_count'),
          meanOf('mean', 'vectordb_query_duration_seconds'),
          quantileOf('p95', 'vectordb_query_duration_seconds', 0.95),
          gaugeColumn('size', 'vectordb_index_size_bytes', format.bytes)]}),
      new MetricTable({title: 'Embeddings', metrics: ['embedding_duration_seconds_count'], labels: ['model'], columns: [
        total('embeddings', 'embedding_duration_seconds_count'),
        meanOf('mean', 'embedding_duration_seconds'),
        quantileOf('p95', 'embedding_duration_seconds', 0.95)]}),
    ],
  },
  {id: 'logs', title: 'Logs', parts: () => [new LogPage()]},
  {
    id: 'pipeline',
    title: 'Pipeline',
    parts: () => [
      new Tiles([
        tile('Files', (metrics) => metrics.sum('sawlog_files'), format.count),
        tile('Outputs up', (metrics) => metrics.sum('sawlog_output_up'), format.count),
        tile('Lag', (metrics) => metrics.sum('sawlog_lag_bytes'), format.bytes),
        tile('Dead letters', (metrics) => metrics.sum('sawlog_dead_letters_total') || 0, format.count, badAbove(0)),
        tile('Memory', (metrics) => metrics.sum('sawlog_memory_bytes'), format.bytes),
        tile('Memory limit', (metrics) => metrics.sum('sawlog_memory_limit_bytes'), format.bytes)]),
      new StatusTables(),
      ...charts(
        {title: 'Read', unit: format.byteRate, lines: grouped('sawlog_read_bytes_total')},
        {title: 'Lines by consumer', unit: format.rate, lines: grouped('sawlog_records_total')},
        {title: 'Lag', unit: format.bytes, lines: grouped('sawlog_lag_bytes', 'value')},
        {title: 'Sent', unit: format.byteRate, lines: grouped('sawlog_sent_bytes_total')},
        {title: 'Memory', unit: format.bytes, lines: grouped('sawlog_memory_bytes', 'value')}),
    ],
  },
];

// Neighbouring charts stand in one grid.
function charts(...specs) {
  return [new ChartGrid(specs)];
}

class ChartGrid {
  constructor(specs) {
    this.charts = specs.map((spec) => new Chart(spec));
    this.element = element('div', {class: 'charts'}, ...this.charts.map((chart) => chart.element));
  }

  draw(recent) {
    for (const chart of this.charts) chart.update(recent);
  }

  forget() {
    for (const chart of this.charts) chart.forget();
  }

  remove() {
    for (const chart of this.charts) chart.remove();
  }
}
