"""A bad day: see `run` beside this."""

import gzip
import http.client
import http.server
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY, FIXTURES, OUTAGE = sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3])
SECRET = "AKIABLACK" + "BARDAYLONG2"
NUMBER = re.compile(rb"day-record-(\d+) \[REDACTED:aws\.access_key_id\] ")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Backend(http.server.BaseHTTPRequestHandler):
    """Takes OTLP, and notes which numbered records came."""

    protocol_version = "HTTP/1.1"
    arrived, leaked = set(), 0

    def do_POST(self):
        body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
        Backend.arrived.update(int(number) for number in NUMBER.findall(body))
        Backend.leaked += body.count(SECRET.encode())
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Proxy:
    """The program, on ports of its own."""

    def __init__(self, place, upstream):
        self.place, self.port, self.admin = place, free_port(), free_port()
        config = place / "blackbar.toml"
        config.write_text(
            f'data_dir = "{place}/data"\n[receive]\nlisten = ["127.0.0.1:{self.port}"]\n'
            f'[admin]\nlisten = "127.0.0.1:{self.admin}"\n'
            f'[[exporters]]\nname = "up"\ntype = "otlp"\nendpoint = "http://127.0.0.1:{upstream}"\n'
        )
        log = open(place / "log.txt", "a")
        self.process = subprocess.Popen([BINARY, "serve", "--config", config], stdout=log, stderr=log)
        for _ in range(300):
            try:
                self.get("/healthz")
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("the proxy does not start: " + (place / "log.txt").read_text())

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def backlog(self):
        return float(re.search(r'^blackbar_queue_bytes\{exporter="up"\} (\S+)', self.get("/metrics"), re.M)[1])

    def memory(self):
        """MiB it has now."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


class Sender:
    """Sends every fixture in turn, and a numbered record with a secret after each."""

    def __init__(self):
        files = [path for path in sorted(FIXTURES.rglob("*")) if path.suffix in (".pb", ".json")]
        self.fixtures = [(path.stem.split(".")[0], path) for path in files]
        self.fixtures = [(signal, path) for signal, path in self.fixtures if signal in ("logs", "traces", "metrics")]
        self.number, self.acknowledged = 0, set()

    def send(self, proxy, seconds):
        connection, end = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30), time.time() + seconds
        memory = []
        while time.time() < end:
            for signal_name, path in self.fixtures:
                media = "application/x-protobuf" if path.suffix == ".pb" else "application/json"
                self.post(connection, signal_name, media, path.read_bytes())
                text = f"day-record-{self.number} {SECRET} " + "and more " * (self.number % 3000)
                body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]}
                if self.post(connection, "logs", "application/json", json.dumps(body).encode()) == 200:
                    self.acknowledged.add(self.number)
                self.number += 1
            memory.append(proxy.memory())
        return memory

    @staticmethod
    def post(connection, signal_name, media, body):
        connection.request("POST", f"/v1/{signal_name}", body, {"content-type": media})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def main():
    with tempfile.TemporaryDirectory() as place:
        place, upstream, sender = pathlib.Path(place), free_port(), Sender()
        proxy = Proxy(place, upstream)
        first = sender.send(proxy, OUTAGE / 2)
        print(f"dead for {OUTAGE / 2:.0f} s: {len(sender.acknowledged)} records acknowledged, "
              f"{proxy.backlog() / 1e6:.0f} MB wait, {first[-1]} MiB of memory", flush=True)
        proxy.end(signal.SIGKILL)
        proxy = Proxy(place, upstream)
        second = sender.send(proxy, OUTAGE / 2)
        print(f"killed and started again: {len(sender.acknowledged)} acknowledged, "
              f"{proxy.backlog() / 1e6:.0f} MB wait, {second[-1]} MiB of memory", flush=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", upstream), Backend)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        began = time.time()
        while proxy.backlog() > 0 and time.time() - began < OUTAGE + 120:
            time.sleep(0.5)
        print(f"back: everything delivered after {time.time() - began:.0f} s, {proxy.memory()} MiB", flush=True)
        ended = proxy.end(signal.SIGTERM)
        lines = (place / "data/alerts.jsonl").read_text().splitlines()
        alerts = [alert for alert in map(json.loads, lines) if alert["rule"] == "aws.access_key_id"]
        counted = sum(json.loads(line)["count"] for line in lines)
        print(f"{len(lines)} alerts stand for {counted} findings; {len(alerts)} are of the secret", flush=True)
        lost = sender.acknowledged - Backend.arrived
        wrong = [
            what
            for what, is_so in [
                (f"{len(lost)} acknowledged records never arrived", lost),
                ("a secret arrived", Backend.leaked),
                ("nothing was sent", not sender.acknowledged),
                (f"it ended with {ended}", ended),
                ("alerts are missing", counted < len(sender.acknowledged)),
                ("nobody is told of the secret", not alerts),
                ("alerts were not merged", len(lines) * 10 > counted),
                ("memory grew with the backlog", max(second) > max(first) + 100),
            ]
            if is_so
        ]
        sys.exit("; ".join(wrong) or None)


main()
