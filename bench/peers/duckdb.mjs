// DuckDB over downloaded bodies: node duckdb.mjs DIR DATABASE JOBS (the first so many). Node decodes the JSON, DuckDB reads the CSV and keeps the rows.
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const [dir, database, jobs] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(database)).connect();
await connection.run('CREATE TABLE result_rows (job_id UUID, action_index INT, cells VARCHAR[])');
for (const name of readdirSync(dir).filter((f) => f.endsWith('.json')).slice(0, jobs)) {
	const doc = JSON.parse(readFileSync(`${dir}/${name}`, 'utf8'));
	for (const [i, action] of doc.actions.entries()) {
		if (!action.result?.csvResult) continue;
		const file = `${database}.csv`;
		writeFileSync(file, action.result.csvResult);
		await connection.run(
			`INSERT INTO result_rows SELECT '${name.slice(0, 36)}', ${i}, [*COLUMNS(*)] FROM read_csv('${file}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`,
		);
		rmSync(file);
	}
}
connection.closeSync();
