"""measure.py: called by bench/run, with a PostgreSQL server in the environment. What is measured and why: bench/README.md."""
import argparse
import csv
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psycopg2

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
OMNI = BUILD / "omni-export"
KEY = "bench-key"


class DataSet:
    def __init__(self, name, jobs, results, rows, cols, seed):
        self.name, self.jobs, self.results, self.rows, self.cols, self.seed = name, jobs, results, rows, cols, seed

    def make(self, work):
        """The bodies, once; made whole under another name."""
        self.dir = work / f"{self.name.replace(chr(47), '_')}-{self.jobs}-{self.results}-{self.rows}-{self.cols}-{self.seed}"
        if not self.dir.exists():
            temporary = self.dir.with_suffix(".new")
            shutil.rmtree(temporary, ignore_errors=True)
            shape = (self.jobs, self.results, self.rows, self.cols, self.seed)
            subprocess.run([BUILD / "bench" / "generate", temporary, *map(str, shape)], check=True)
            temporary.rename(self.dir)
        self.list = self.dir / "jobs.txt"
        self.bytes = sum(f.stat().st_size for f in self.dir.glob("*.json"))
        self.all_rows = self.jobs * self.results * self.rows

    def decoded(self):
        """The CSV of each result as a file of its own, for the floors."""
        folder = self.dir / "csv"
        if not folder.exists():
            temporary = self.dir / "csv.new"
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            for body in sorted(self.dir.glob("*.json")):
                for i, action in enumerate(json.loads(body.read_text(encoding="utf-8"))["actions"]):
                    text = (action.get("result") or {}).get("csvResult")
                    if text:
                        (temporary / f"{body.stem}-{i}.csv").write_text(text, encoding="utf-8", newline="")
            temporary.rename(folder)
        return sorted(folder.glob("*.csv"))


def data_sets(quick):
    if quick:
        return {d.name: d for d in (DataSet("S", 300, 3, 20, 6, 1), DataSet("L", 2, 1, 60000, 8, 2),
                                    DataSet("H", 1, 1, 1_300_000, 8, 3), DataSet("H/10", 1, 1, 130_000, 8, 3))}
    return {d.name: d for d in (DataSet("S", 2000, 3, 20, 6, 1), DataSet("L", 10, 1, 520_000, 8, 2),
                                DataSet("H", 1, 1, 13_000_000, 8, 3), DataSet("H/10", 1, 1, 1_300_000, 8, 3),
                                DataSet("H/100", 1, 1, 130_000, 8, 3))}


class Nginx:
    """The API: static files, keep-alive."""

    def __init__(self, work, sets, more=""):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = Path(tempfile.mkdtemp(prefix="nginx.", dir=work))
        # The first digits of an ID are its data set's seed.
        places = "\n".join(f'location ~ "^/api/v1/ai/jobs/({d.seed:08x}-[0-9a-f-]+)/result$" {{ alias "{d.dir}/$1.json"; default_type application/json; }}'
                           for d in {d.seed: d for d in sets}.values())
        (self.folder / "nginx.conf").write_text(f"""
worker_processes 1; daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; {"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 256; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
server {{ listen 127.0.0.1:{port}; {places} {more} }} }}""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/nginx.conf"])
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nginx does not start: " + (self.folder / "error.log").read_text())

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        shutil.rmtree(self.folder)


def pg(sql):
    db = psycopg2.connect(os.environ["OMNI_TEST_PG"])
    db.autocommit = True
    with db.cursor() as c:
        c.execute(sql)
        rows = c.fetchall() if c.description else None
    db.close()
    return rows


def pieces_of(path, size=64 << 20):
    """A file in pieces: (path, from, to)."""
    end = path.stat().st_size
    return [(path, at, min(at + size, end)) for at in range(0, end, size)]


def digest_of_lines(path, start, end):
    """The sum of the digests of the rows that begin in this piece of a file: rows have no order there."""
    total = 0
    with open(path, "rb") as f:
        if start > 0:
            f.seek(start - 1)
            f.readline()
        while f.tell() < end:
            row = json.loads(f.readline())
            cells = json.dumps([row["job_id"], row["action_index"], row["row_index"], row["cells"]], ensure_ascii=False)
            total += int.from_bytes(hashlib.blake2b(cells.encode(), digest_size=16).digest(), "little")
    return total


def digest_of_tables(job):
    """The cells of one job's tables, in their order."""
    digest = hashlib.sha256()
    for table in sorted(p for p in job.glob("*.csv") if p.name[0].isdigit()):
        with open(table, encoding="utf-8", newline="") as f:
            for row in csv.reader(f):
                digest.update(("\0".join(row) + "\1").encode())
    return digest.hexdigest()


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = Path(args.work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.out = self.work / "out"
        self.sets = data_sets(args.quick)
        for d in self.sets.values():
            d.make(self.work)
        served = [self.sets["S"], self.sets["L"]]
        self.big = [d for n, d in self.sets.items() if n.startswith("H")]
        self.nginx = {d.name: Nginx(self.work, [d]) for d in (*served, *self.big)}
        self.report = []
        self.env = {**os.environ, "OMNI_API_KEY": KEY, "XDG_STATE_HOME": str(self.work / "state"), "XDG_CONFIG_HOME": str(self.work / "none")}

    def run(self, command, env=None, stdin=None):
        """Seconds and peak MiB of one command. /usr/bin/time starts it, since what a large process forks inherits its peak."""
        figures = self.work / "figures"
        start = time.perf_counter()
        with open(stdin or os.devnull, "rb") as source:
            done = subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", figures, *map(str, command)], stdin=source,
                                  env={**self.env, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            raise SystemExit(f"{command} returned {done.returncode}:\n{done.stderr.decode(errors='replace')[-2000:]}")
        return seconds, int(figures.read_text().split()[-1]) / 1024

    def fresh(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        pg("DROP SCHEMA IF EXISTS omni_export CASCADE")
        pg("DROP SCHEMA IF EXISTS peer CASCADE")
        pg("CHECKPOINT")
        subprocess.run(["sync"], check=True)

    def ours(self, data, sink, *options):
        url = self.nginx[data.name].url
        return lambda: self.run([OMNI, "run", data.list, "-t", sink, "--rate", "0", "-q", *options], {"OMNI_BASE_URL": url})

    def python(self, data, sink):
        url = self.nginx[data.name].url
        return lambda: self.run(["/usr/bin/python3", HERE / "peers" / "export.py", url, sink, data.list])

    def figure(self, work, seconds, rate, unit, who="omni-export"):
        self.report.append({"work": work, "who": who, "seconds": seconds, "rate": rate, "unit": unit, "peak_mib": 0, "same_cells": False})

    def goal(self, work, goal, ratio, least):
        self.report.append({"work": work, "goal": goal, "ratio": ratio, "least": least, "reached": ratio >= least})

    def wanted(self, title):
        return not self.args.only or self.args.only.lower() in title.lower()

    def compare(self, title, data, runs, rounds, goals=(), check=None, unit="jobs/s"):
        """runs: name -> callable. Runs them alternately; the first one is ours, the one named 'python' its measure."""
        if not self.wanted(title):
            return
        seen = {name: [] for name in runs}
        digests = {}
        for n in range(rounds):
            for name, run in runs.items():
                if n > 0 and seen[name][0][0] > (12 if name.startswith("omni-export") else 5):
                    continue  # what is so slow is measured once
                self.fresh()
                seen[name].append(run())
                if n == 0 and check and name in check:
                    digests[name] = check[name]()
                print(f"  {title}: {name}: {seen[name][-1][0]:.2f} s", file=sys.stderr, flush=True)
        if len(set(digests.values())) > 1:
            raise SystemExit(f"{title}: not the same cells: {digests}")
        amount = {"jobs/s": data.jobs, "rows/s": data.all_rows, "MB/s": data.bytes / 1e6}[unit]
        for name, figures in seen.items():
            seconds = statistics.median(f[0] for f in figures)
            self.report.append({"work": title, "who": name, "seconds": seconds, "rate": amount / seconds, "unit": unit,
                                "peak_mib": max(f[1] for f in figures), "same_cells": name in digests})
        mine = next(iter(runs))
        for goal, peer, least in goals:
            ratio = statistics.median(f[0] for f in seen[peer]) / statistics.median(f[0] for f in seen[mine])
            self.goal(title, goal, ratio, least)

    # --- digests of all cells, in their order ---

    def sqlite_cells(self, path):
        digest = hashlib.sha256()
        db = sqlite3.connect(path)
        for (row,) in db.execute("SELECT json_array(job_id, action_index, row_index, json(cells)) FROM result_rows ORDER BY job_id, action_index, row_index"):
            digest.update(row.encode())
        return digest.hexdigest()

    def pg_cells(self, schema):
        class Digest:
            def __init__(self):
                self.sha = hashlib.sha256()

            def write(self, piece):
                self.sha.update(piece)
                return len(piece)

        digest = Digest()
        with psycopg2.connect(os.environ["OMNI_TEST_PG"]) as db, db.cursor() as c:
            c.copy_expert(f"COPY (SELECT job_id, action_index, row_index, to_jsonb(cells) FROM {schema}.result_rows "
                          "ORDER BY job_id, action_index, row_index) TO STDOUT", digest)
        db.close()
        return digest.sha.hexdigest()

    def jsonl_cells(self, folder):
        parts = [p for p in Path(folder).rglob("*.jsonl") if p.name == "result_rows.jsonl" or "result_rows" in p.parts]
        with ProcessPoolExecutor() as pool:
            return sum(pool.map(digest_of_lines, *zip(*(piece for p in parts for piece in pieces_of(p))))) % (1 << 128)

    def csv_cells(self, folder):
        jobs = sorted(p for p in Path(folder).iterdir() if p.is_dir() and len(p.name) == 36)
        with ProcessPoolExecutor() as pool:
            return hashlib.sha256("".join(pool.map(digest_of_tables, jobs)).encode()).hexdigest()

    # --- the work ---

    def databases(self):
        S, L = self.sets["S"], self.sets["L"]
        db = self.out / "a.db"
        cells = lambda: self.sqlite_cells(db)
        rounds = self.args.rounds or (1 if self.args.quick else 3)
        large = self.args.rounds or (1 if self.args.quick else 2)
        self.compare("S → SQLite", S, {"omni-export": self.ours(S, f"sqlite:{db}"), "omni-export --no-raw": self.ours(S, f"sqlite:{db}", "--no-raw"),
                                       "python": self.python(S, f"sqlite:{db}")},
                     rounds, [("10 × python, bodies kept", "python", 10)], {"omni-export": cells, "omni-export --no-raw": cells, "python": cells})

        def imported():
            script = self.work / "import.sql"
            script.write_text("PRAGMA synchronous=FULL;\n.mode csv\nBEGIN;\n" + "".join(f'.import --csv --skip 1 "{f}" rows\n' for f in L.decoded()) + "COMMIT;\n")
            create = "CREATE TABLE rows (" + ", ".join(f"c{i}" for i in range(L.cols)) + ");\n"
            script.write_text(create + script.read_text())
            return self.run(["sqlite3", "-batch", db], stdin=script)

        L.decoded()
        self.compare("L → SQLite", L, {"omni-export --no-raw": self.ours(L, f"sqlite:{db}", "--no-raw"), "omni-export": self.ours(L, f"sqlite:{db}"),
                                       "python": self.python(L, f"sqlite:{db}"), "sqlite3 .import": imported},
                     large, [("6 × python", "python", 6), ("no slower than .import", "sqlite3 .import", 1)],
                     {"omni-export --no-raw": cells, "python": cells}, unit="rows/s")
        sink = "pg:" + os.environ["OMNI_TEST_PG"]
        check = {"omni-export": lambda: self.pg_cells("omni_export"), "omni-export --no-raw": lambda: self.pg_cells("omni_export"), "python": lambda: self.pg_cells("peer")}
        self.compare("S → PostgreSQL", S, {"omni-export": self.ours(S, sink), "omni-export --no-raw": self.ours(S, sink, "--no-raw"), "python": self.python(S, sink)},
                     rounds, [("10 × python, bodies kept", "python", 10)], check)

        def psql(sql):
            script = self.work / "copy.sql"
            script.write_text(sql)
            return self.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", os.environ["OMNI_TEST_PG"], "-f", script])

        def copied():
            columns = ", ".join(f"c{i} text" for i in range(L.cols))
            return psql(f"CREATE SCHEMA peer; CREATE TABLE peer.rows ({columns});\n" +
                        "".join(f"\\copy peer.rows from '{f}' (format csv, header)\n" for f in L.decoded()))

        tuples = L.dir / "row_cells.tuples"

        def make_tuples():
            """What our own run sends, and sees to it that the server has its files of the log: the first to need them would pay for all."""
            self.fresh()
            self.ours(L, sink, "--no-raw")()
            with psycopg2.connect(os.environ["OMNI_TEST_PG"]) as db, db.cursor() as c, open(tuples, "wb") as f:
                c.copy_expert("COPY omni_export.row_cells TO STDOUT (FORMAT binary)", f)

        def server_alone():
            """What the server takes for the tuples of row_cells with the key that is promised, with nothing of ours in between: the profile of
            a goal that is missed."""
            return psql("CREATE SCHEMA peer; CREATE TABLE peer.rows (result_no int, row_index int, section text, cells text[], PRIMARY KEY (result_no, row_index));\n"
                        f"\\copy peer.rows from '{tuples}' (format binary)\n")

        if self.wanted("L → PostgreSQL"):
            make_tuples()
        self.compare("L → PostgreSQL", L, {"omni-export --no-raw": self.ours(L, sink, "--no-raw"), "omni-export": self.ours(L, sink),
                                           "python": self.python(L, sink), "psql \\copy": copied, "psql \\copy of the tuples, with the key": server_alone},
                     large, [("8 × python", "python", 8), ("within 1.5 × of \\copy", "psql \\copy", 1 / 1.5)],
                     {name: check[name] for name in ("omni-export --no-raw", "python")}, unit="rows/s")

    def files(self):
        L = self.sets["L"]
        large = self.args.rounds or (1 if self.args.quick else 2)
        folder = self.out / "flat"
        self.compare("L → JSON Lines", L, {"omni-export": self.ours(L, f"jsonl:{folder}?compress=none"), "omni-export, zstd": self.ours(L, f"jsonl:{folder}"),
                                           "python": self.python(L, f"jsonl:{folder}")},
                     large, [("5 × python", "python", 5)], {k: lambda: self.jsonl_cells(folder) for k in ("omni-export", "python")}, unit="rows/s")
        self.compare("L → CSV folders", L, {"omni-export": self.ours(L, f"csv:{folder}"), "python": self.python(L, f"csv:{folder}")},
                     large, [("4 × python", "python", 4)], {k: lambda: self.csv_cells(folder) for k in ("omni-export", "python")}, unit="MB/s")

    def others(self):
        """The shell, DuckDB over the files: slow enough with small jobs that a part of S tells their speed."""
        S, L = self.sets["S"], self.sets["L"]
        db = self.out / "a.db"
        part = self.work / "part.txt"

        def first(n):
            d = DataSet("S", n, S.results, S.rows, S.cols, S.seed)
            d.dir, d.bytes, d.all_rows = S.dir, 0, 0
            return d

        n = min(40, S.jobs)
        part.write_text("".join(S.list.read_text().splitlines(keepends=True)[:n]))
        shell = lambda d, jobs: lambda: self.run([HERE / "peers" / "export.sh", self.nginx[d.name].url, db, jobs])
        self.compare(f"S → SQLite, the first {n}", first(n), {"xargs, curl, jq, .import": shell(S, part)}, 1)
        self.compare("L → SQLite, in a shell", L, {"xargs, curl, jq, .import": shell(L, L.list)}, 1, unit="rows/s")
        if (HERE / "duckdb" / "node_modules").is_dir():
            script = self.work / "duckdb.mjs"
            script.unlink(missing_ok=True)
            shutil.copy(HERE / "peers" / "duckdb.mjs", HERE / "duckdb" / "peer.mjs")
            n = min(500, S.jobs)
            for d, title, unit in ((first(n), f"S → DuckDB, the first {n} downloaded files", "jobs/s"), (L, "L → DuckDB, of downloaded files", "rows/s")):
                self.compare(title, d, {"node, DuckDB": lambda d=d: self.run(["node", HERE / "duckdb" / "peer.mjs", d.dir, self.out / "duck.db", d.jobs])},
                             1, unit=unit)
            (HERE / "duckdb" / "peer.mjs").unlink()

    def memory(self):
        for d in self.big:
            sinks = {"SQLite": f"sqlite:{self.out}/a.db", "PostgreSQL": "pg:" + os.environ["OMNI_TEST_PG"], "JSON Lines": f"jsonl:{self.out}/j",
                     "CSV folders": f"csv:{self.out}/c", "raw": f"raw:{self.out}/r"}
            for name, sink in sinks.items():
                title = f"{d.bytes / 1e6:.0f} MB → {name}, peak memory"
                self.compare(title, d, {"omni-export": self.ours(d, sink)}, 1, unit="rows/s")
                if self.report and self.report[-1]["work"] == title:
                    peak = self.report[-1]["peak_mib"]
                    self.goal(title, "at most 32 MiB", 32 / peak, 1)

    def idle(self):
        """Everything is stored already."""
        S = self.sets["S"]
        url = {"OMNI_BASE_URL": self.nginx["S"].url}
        one = self.work / "one.txt"
        one.write_text(S.list.read_text().splitlines(keepends=True)[0])
        many = self.work / "many.txt"
        many.write_text("".join(f"{i:08x}-0000-4000-8000-00000000ffff\n" for i in range(10000)))
        answers = {"SQLite": (f"sqlite:{self.out}/a.db", "UPDATE jobs SET state = 'stored'"), "PostgreSQL": ("pg:" + os.environ["OMNI_TEST_PG"], "UPDATE omni_export.jobs SET state = 'stored'")}
        for name, (sink, settle) in answers.items():
            for what, jobs, limit in (("1 ID", one, 0.010), ("10,000 IDs", many, 0.100)):
                title = f"{what} stored already, {name}"
                if not self.wanted(title):
                    continue
                self.fresh()
                command = [OMNI, "run", jobs, "-t", sink, "--rate", "0", "-q"]
                # A ledger that says so is made without asking for ten thousand jobs: they are noted, then settled by SQL.
                self.run_any([*command, "--max-time", "0"], url)
                if name == "SQLite":
                    db = sqlite3.connect(self.out / "a.db")
                    db.execute(settle)
                    db.commit()
                    db.close()
                else:
                    pg(settle)
                seconds = statistics.median(self.run(command, url)[0] for _ in range(9))
                start = statistics.median(self.run(["/bin/true"])[0] for _ in range(9))
                taken = seconds - start
                self.figure(title, taken, 1 / max(taken, 1e-6), "runs/s")
                if name == "SQLite":
                    self.goal(title, f"under {limit * 1000:.0f} ms", limit / max(taken, 1e-6), 1)
        # What of that is the loading of shared libraries.
        for who, command in (("omni-export", [OMNI, "--version"]), ("curl", ["curl", "--version"])):
            if self.wanted(f"{who} --version"):
                seconds = statistics.median(self.run(command)[0] for _ in range(9)) - statistics.median(self.run(["/bin/true"])[0] for _ in range(9))
                self.figure(f"{who} --version", seconds, 1 / max(seconds, 1e-6), "runs/s", who)

    def growth(self):
        """Ten times as much may take ten times as long, and no longer."""
        db = self.out / "a.db"
        tables = {"rows": [DataSet(f"rows {n}", 1, 1, n, 8, 20 + i) for i, n in enumerate((10_000, 100_000, 1_000_000))],
                  "columns": [DataSet(f"columns {n}", 1, 1, 1000, n, 30 + i) for i, n in enumerate((10, 100, 1000))],
                  "results": [DataSet(f"results {n}", 1, n, 10, 5, 40 + i) for i, n in enumerate((10, 100, 1000))]}
        if not any(self.wanted(f"growth: {what}") for what in ("jobs", "input lines", "stored", *tables)):
            return
        sets = [d for group in tables.values() for d in (group[:2] if self.args.quick else group)]
        for d in sets:
            d.make(self.work)
        (self.work / "small.json").write_text('{"message":"m","topic":"t","actions":[{"type":"generate_query","result":{"queryName":"q","csvResult":"A,B\\n1,2\\n"}}]}')
        nginx = Nginx(self.work, sets, f'location ~ "^/api/v1/ai/jobs/ffff[0-9a-f-]+/result$" {{ alias "{self.work}/small.json"; default_type application/json; }}')
        url = {"OMNI_BASE_URL": nginx.url}
        try:
            for what, group in tables.items():
                self.grow(f"growth: {what}", what, [(d.rows if what == "rows" else d.cols if what == "columns" else d.results,
                                                    lambda d=d: self.run([OMNI, "run", d.list, "-t", f"sqlite:{db}", "--rate", "0", "-q"], url)) for d in group if d in sets])
            sizes = (100, 1000, 10_000) if self.args.quick else (100, 1000, 10_000, 100_000)
            self.grow("growth: jobs", "jobs", [(n, lambda n=n: self.run([OMNI, "run", self.ids(n), "-t", f"sqlite:{db}", "--rate", "0", "-q"], url)) for n in sizes])
            sizes = (10_000, 100_000) if self.args.quick else (10_000, 100_000, 1_000_000)
            self.grow("growth: input lines", "lines", [(n, lambda n=n: self.run([OMNI, "run", self.ids(n), "-t", f"sqlite:{db}", "--dry-run", "-q"], url)) for n in sizes])
            self.grow("growth: stored already", "IDs", [(n, lambda n=n: self.again(n, db, url)) for n in sizes])
        finally:
            nginx.stop()

    def ids(self, n):
        """A list of n jobs."""
        path = self.work / f"ids-{n}.txt"
        if not path.exists():
            path.write_text("".join(f"ffff{i >> 16:04x}-{i & 0xffff:04x}-4000-8000-000000000000\n" for i in range(n)))
        return path

    def again(self, n, db, url):
        """A run of n IDs that the ledger calls stored."""
        command = [OMNI, "run", self.ids(n), "-t", f"sqlite:{db}", "--rate", "0", "-q"]
        self.run_any([*command, "--max-time", "0"], url)
        with sqlite3.connect(db) as ledger:
            ledger.execute("UPDATE jobs SET state = 'stored'")
        return self.run(command, url)

    def grow(self, title, unit, points):
        if not self.wanted(title):
            return
        costs = []
        for n, run in points:
            seen = []
            for _ in range(1 if self.args.quick or (n, run) == points[-1] else 3):
                self.fresh()
                seen.append(run()[0])
            costs.append((n, statistics.median(seen)))
            print(f"  {title}: {n}: {costs[-1][1]:.3f} s", file=sys.stderr, flush=True)
            self.figure(f"{title}, {n:,}", costs[-1][1], n / costs[-1][1], f"{unit}/s")
        (n, few), (m, many) = costs[-2:]
        self.goal(title, f"{m:,} cost at most 1.3 × as much each as {n:,}", (few / n) / (many / m), 1 / 1.3)

    def rate(self):
        """The API's limit, 60 times as fast: how much of it is used, and is it ever exceeded?"""
        n, window = (180 if self.args.quick else 600), 60
        for processes in (1, 3):
            title = f"rate limit, {processes} process{'es' if processes > 1 else ''}"
            if not self.wanted(title):
                continue
            self.fresh()
            shutil.rmtree(self.work / "state", ignore_errors=True)
            log, port = self.work / "requests.log", self.work / "port"
            for f in (log, port):
                f.unlink(missing_ok=True)
            (self.work / "any.script").write_text('{"job":"*","result":{"json":{"message":"m"}}}\n')
            api = subprocess.Popen([BUILD / "tests/server/omni-test-api", "--token", KEY, "--limit", f"{window}/s", "--latency", "5", "--log", log,
                                    "--port-file", port, self.work / "any.script"], stdout=subprocess.DEVNULL)
            while not (port.exists() and port.read_text().strip()):
                time.sleep(0.01)
            env = {**self.env, "OMNI_BASE_URL": f"http://127.0.0.1:{port.read_text().strip()}"}
            all_ids = self.ids(n).read_text().splitlines(keepends=True)
            runs = []
            for p in range(processes):
                part = self.work / f"part-{p}.txt"
                part.write_text("".join(all_ids[p::processes]))
                runs.append(subprocess.Popen([OMNI, "run", part, "-t", f"sqlite:{self.out}/{p}.db", "--rate", f"{window}/s", "-q"], env=env))
            failed = sum(r.wait() != 0 for r in runs)
            api.terminate()
            api.wait()
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            times = sorted(line["boot_ns"] / 1e9 for line in lines if line.get("endpoint") == "result")
            totals = next(line for line in lines if line.get("totals"))
            # From the first request to the one that begins the last window's worth: as many windows as lie between them.
            taken = times[n - window] - times[0]
            refused = sum(line.get("status") == 429 for line in lines)
            used = (n / window - 1) / taken
            self.figure(title, taken, (n - window) / taken, "requests/s")
            self.goal(title, "99 % of the allowance", used, 0.99)
            self.goal(title, f"{failed} failed, {refused} times 429, {totals['max_in_window']} in a window of {window}",
                      float(failed + refused == 0 and totals["max_in_window"] <= window and len(times) == n), 1)

    def round_trips(self):
        """Questions to PostgreSQL about 10,000 IDs that are stored already."""
        title = "stored already, PostgreSQL: round trips"
        if not self.wanted(title):
            return
        self.fresh()
        sink, url, counts = "pg:" + os.environ["OMNI_TEST_PG"], {"OMNI_BASE_URL": self.nginx["S"].url}, []
        for n in (1000, 10_000):
            command = [OMNI, "run", self.ids(n), "-t", sink, "--rate", "0", "-q"]
            self.run_any([*command, "--max-time", "0"], url)
            pg("UPDATE omni_export.jobs SET state = 'stored'")
            calls = self.work / "calls"
            self.run_any(["strace", "-f", "-qq", "-e", "trace=sendto,recvfrom", "-o", calls, *command], url)
            said = ["s" if "sendto(" in line else "r" for line in calls.read_text().splitlines() if "EAGAIN" not in line]
            counts.append("".join(said).count("sr"))
        self.goal(title, f"one for each 1,000 IDs: 9,000 more took {counts[1] - counts[0]} more", 9 / max(counts[1] - counts[0], 1), 1)

    def run_any(self, command, env):
        subprocess.run(list(map(str, command)), env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def table(self):
        machine = {"cores": os.cpu_count(), "processor": next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?"),
                   "date": time.strftime("%Y-%m-%d"), "quick": self.args.quick}
        print(f"\n{machine['date']}, {machine['cores']} cores, {machine['processor']}{', --quick' if self.args.quick else ''}\n")
        print("| work | who | seconds | rate | peak memory | cells compared |\n| --- | --- | ---: | ---: | ---: | --- |")
        for r in self.report:
            if "who" in r:
                peak = f"{r['peak_mib']:.1f} MiB" if r["peak_mib"] else ""
                print(f"| {r['work']} | {r['who']} | {r['seconds']:.3f} | {r['rate']:,.0f} {r['unit']} | {peak} | {'the same' if r['same_cells'] else ''} |")
        print("\n| work | goal | measured | |\n| --- | --- | ---: | --- |")
        missed = 0
        for r in self.report:
            if "goal" in r:
                missed += not r["reached"]
                print(f"| {r['work']} | {r['goal']} | {r['ratio']:.2f} of {r['least']:.2f} | {'reached' if r['reached'] else '**missed**'} |")
        if missed:
            print(f"\n{missed} missed; what is in the way, and what was tried: bench/README.md, 'Not reached'")
        if self.args.json:
            Path(self.args.json).write_text(json.dumps({"machine": machine, "results": self.report}, indent=1, ensure_ascii=False) + "\n")
        return missed

    def stop(self):
        for n in self.nginx.values():
            n.stop()
        shutil.rmtree(self.out, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--quick", action="store_true", help="small data, one round: does it all work?")
    parser.add_argument("--only", help="only what has this in its name")
    parser.add_argument("--rounds", type=int, help="of each pair")
    parser.add_argument("--json", help="write the figures there too")
    parser.add_argument("--work", default=str(BUILD / "work"))
    bench = Bench(parser.parse_args())
    try:
        for part in (bench.databases, bench.files, bench.others, bench.idle, bench.round_trips, bench.rate, bench.growth, bench.memory):
            part()
        bench.table()
    finally:
        bench.stop()


main()
