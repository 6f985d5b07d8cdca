#!/usr/bin/env python3
"""What a competent engineer writes in an hour: export.py BASE_URL SINK JOBS

SINK: sqlite:PATH | pg:CONNINFO | jsonl:DIR | csv:DIR. Four downloads at a time, one transaction a job, durable; no ledger of what
failed, no bodies, no limits. Peer of the benchmark: bench/README.md.
"""
import csv
import io
import json
import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

csv.field_size_limit(1 << 30)


class Sqlite:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.executescript(
            """
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS jobs (job_id TEXT PRIMARY KEY, topic TEXT, message TEXT);
            CREATE TABLE IF NOT EXISTS actions (job_id TEXT, action_index INTEGER, type TEXT, message TEXT, timestamp TEXT, PRIMARY KEY (job_id, action_index));
            CREATE TABLE IF NOT EXISTS results (job_id TEXT, action_index INTEGER, query_name TEXT, columns TEXT, PRIMARY KEY (job_id, action_index));
            CREATE TABLE IF NOT EXISTS result_rows (job_id TEXT, action_index INTEGER, row_index INTEGER, cells TEXT,
                PRIMARY KEY (job_id, action_index, row_index)) WITHOUT ROWID;
            """
        )

    def store(self, job, doc, tables):
        db = self.db
        with db:
            db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", (job, doc.get("topic"), doc.get("message")))
            db.executemany(
                "INSERT OR REPLACE INTO actions VALUES (?, ?, ?, ?, ?)",
                ((job, i, a.get("type"), a.get("message"), a.get("timestamp")) for i, a in enumerate(doc["actions"])),
            )
            for i, name, header, rows in tables:
                db.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", (job, i, name, json.dumps(header)))
                db.executemany(
                    "INSERT OR REPLACE INTO result_rows VALUES (?, ?, ?, ?)",
                    ((job, i, n, json.dumps(row, ensure_ascii=False)) for n, row in enumerate(rows)),
                )

    def close(self):
        self.db.close()


class Postgres:
    TABLES = """
        CREATE SCHEMA IF NOT EXISTS peer;
        SET search_path = peer;
        CREATE TABLE IF NOT EXISTS jobs (job_id uuid PRIMARY KEY, topic text, message text);
        CREATE TABLE IF NOT EXISTS actions (job_id uuid, action_index int, type text, message text, timestamp timestamptz, PRIMARY KEY (job_id, action_index));
        CREATE TABLE IF NOT EXISTS results (job_id uuid, action_index int, query_name text, columns jsonb, PRIMARY KEY (job_id, action_index));
        CREATE TABLE IF NOT EXISTS result_rows (job_id uuid, action_index int, row_index int, cells jsonb, PRIMARY KEY (job_id, action_index, row_index));
    """

    def __init__(self, conninfo):
        import psycopg2

        self.db = psycopg2.connect(conninfo)
        with self.db, self.db.cursor() as c:
            c.execute(self.TABLES)

    @staticmethod
    def escape(s):
        return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

    def copy(self, c, table, lines):
        c.copy_expert(f"COPY {table} FROM STDIN", io.StringIO("".join(lines)))

    def store(self, job, doc, tables):
        e = self.escape
        with self.db, self.db.cursor() as c:
            for table in ("jobs", "actions", "results", "result_rows"):
                c.execute(f"DELETE FROM {table} WHERE job_id = %s", (job,))
            c.execute("INSERT INTO jobs VALUES (%s, %s, %s)", (job, doc.get("topic"), doc.get("message")))
            for i, a in enumerate(doc["actions"]):
                c.execute("INSERT INTO actions VALUES (%s, %s, %s, %s, %s)", (job, i, a.get("type"), a.get("message"), a.get("timestamp")))
            for i, name, header, rows in tables:
                c.execute("INSERT INTO results VALUES (%s, %s, %s, %s)", (job, i, name, json.dumps(header)))
                self.copy(c, "result_rows", (f"{job}\t{i}\t{n}\t{e(json.dumps(row, ensure_ascii=False))}\n" for n, row in enumerate(rows)))

    def close(self):
        self.db.close()


class JsonLines:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.files = {t: open(f"{folder}/{t}.jsonl", "a", encoding="utf-8") for t in ("jobs", "actions", "results", "result_rows")}

    def store(self, job, doc, tables):
        def line(table, **fields):
            self.files[table].write(json.dumps(fields, ensure_ascii=False) + "\n")

        line("jobs", job_id=job, topic=doc.get("topic"), message=doc.get("message"))
        for i, a in enumerate(doc["actions"]):
            line("actions", job_id=job, action_index=i, type=a.get("type"), message=a.get("message"), timestamp=a.get("timestamp"))
        for i, name, header, rows in tables:
            line("results", job_id=job, action_index=i, query_name=name, columns=header)
            for n, row in enumerate(rows):
                line("result_rows", job_id=job, action_index=i, row_index=n, cells=row)

    def close(self):
        for f in self.files.values():
            f.flush()
            os.fsync(f.fileno())
            f.close()


class Folders:
    def __init__(self, folder):
        self.folder = folder

    def store(self, job, doc, tables):
        folder = f"{self.folder}/{job}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/answer.md", "w", encoding="utf-8") as f:
            f.write(doc.get("message") or "")
        for i, _, header, rows in tables:
            with open(f"{folder}/{i}.csv", "w", encoding="utf-8", newline="") as f:
                writer = csv.writer(f)
                writer.writerow(header)
                writer.writerows(rows)
                f.flush()
                os.fsync(f.fileno())

    def close(self):
        pass


def tables_of(doc):
    for i, action in enumerate(doc["actions"]):
        result = action.get("result")
        if result and result.get("csvResult"):
            rows = csv.reader(io.StringIO(result["csvResult"], newline=""))
            yield i, result.get("queryName"), next(rows), rows


def main():
    base, sink, jobs = sys.argv[1:4]
    scheme, _, target = sink.partition(":")
    out = {"sqlite": Sqlite, "pg": Postgres, "jsonl": JsonLines, "csv": Folders}[scheme](target)
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + os.environ["OMNI_API_KEY"]

    def fetch(job):
        answer = session.get(f"{base}/api/v1/ai/jobs/{job}/result", timeout=60)
        answer.raise_for_status()
        return job, answer.json()

    ids = [line.strip() for line in open(jobs, encoding="utf-8") if line.strip()]
    with ThreadPoolExecutor(4) as pool:
        # A window, so that not every document is in memory at once.
        ahead, waiting = iter(ids), []
        for job in ahead:
            waiting.append(pool.submit(fetch, job))
            if len(waiting) >= 8:
                job, doc = waiting.pop(0).result()
                out.store(job, doc, tables_of(doc))
        for future in waiting:
            job, doc = future.result()
            out.store(job, doc, tables_of(doc))
    out.close()


main()
