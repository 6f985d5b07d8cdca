// Reads a jsonl sink as DuckDB would: node read.mjs DIR [zst|gz|none]
//
// Prints one line: jobs, actions, results, result_rows, and a digest of all cells that does not depend on their order.
// Each table is one query over all of its parts; what counts is decided by the last manifest line of each job.
import { DuckDBInstance } from '@duckdb/node-api';

const [dir, codec = 'zst'] = process.argv.slice(2);
if (!dir) {
	console.error('usage: node read.mjs DIR [zst|gz|none]');
	process.exit(2);
}
const suffix = codec === 'none' ? '.jsonl' : `.jsonl.${codec}`;
const quote = (s) => `'${s.replaceAll("'", "''")}'`;

// ignore_errors: the last line may be half written while a run appends to it.
const manifest = `
CREATE TEMP TABLE manifest AS
SELECT job_id, unnest(arg_max(parts, line)) AS path
FROM (SELECT *, row_number() OVER () AS line
      FROM read_json(${quote(dir + '/manifest.jsonl')}, format = 'newline_delimited', ignore_errors = true,
                     columns = {job_id: 'VARCHAR', parts: 'VARCHAR[]'}))
WHERE job_id IS NOT NULL
GROUP BY job_id`;

const columns = {
	jobs: "job_id: 'VARCHAR', topic: 'VARCHAR', message: 'VARCHAR', stored_at: 'TIMESTAMP', row_count: 'BIGINT', warnings: 'VARCHAR[]', extra: 'JSON', part: 'VARCHAR'",
	actions: "job_id: 'VARCHAR', action_index: 'BIGINT', type: 'VARCHAR', message: 'VARCHAR', timestamp: 'TIMESTAMP', part: 'VARCHAR'",
	results: "job_id: 'VARCHAR', action_index: 'BIGINT', query_name: 'VARCHAR', query: 'JSON', columns: 'VARCHAR[]', row_count: 'BIGINT', part: 'VARCHAR'",
	result_rows: "job_id: 'VARCHAR', action_index: 'BIGINT', row_index: 'BIGINT', section: 'VARCHAR', cells: 'VARCHAR[]', part: 'VARCHAR'",
};

const table = (name) => `
SELECT t.*
FROM read_json(${quote(`${dir}/${name}/*/*${suffix}`)}, format = 'newline_delimited', hive_partitioning = true,
               maximum_object_size = 1073741824, columns = {${columns[name]}}) AS t
JOIN manifest AS m
  ON m.job_id = t.job_id AND m.path = '${name}/stored_date=' || t.stored_date || '/' || t.part`;

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const first = async (sql) => (await connection.runAndReadAll(sql)).getRows()[0];

await connection.run(manifest);
const out = [];
for (const name of Object.keys(columns))
	out.push(`${name}=${(await first(`SELECT count(*) FROM (${table(name)})`))[0]}`);
const [rows, cells] = await first(`
SELECT coalesce(sum(row_index), 0), md5(coalesce(string_agg(to_json(cells), '' ORDER BY job_id, action_index, row_index), ''))
FROM (${table('result_rows')})`);
console.log(`${out.join(' ')} row_index=${rows} cells=${cells}`);
