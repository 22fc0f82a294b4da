"""A real client: the OpenTelemetry Python SDK sends traces, logs and metrics through blackbar.

    python_sdk.py PATH_OF_BLACKBAR

Starts blackbar on ephemeral loopback ports with a data directory of its own, sends made-up secrets and
personal data over gRPC and HTTP, stops it, and looks for them in what it wrote. The exit status is 0 if
every record arrived, nothing planted is left and people were told.
"""

import base64
import json
import logging
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import grpc
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcTraces
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpTraces
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode

PATIENCE = 30.0
ROUTES = ["grpc-gzip", "grpc-none", "http-gzip", "http-deflate", "http-none"]

# Made up, in valid shape: none of them opens anything.
GITHUB = "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"
AWS_ID = "AKIABLACKBARIQD37UCS"
AWS_SECRET = "Q/LfPn5gW2JsnEWJ6pVxayblackbarCDm9aorlWA"
EMAIL = "python.sdk@customers.example.com"
CARD = "4539010405995342"
URL_PASSWORD = "Kd82blackbarQz7"
PASSWORD = "vT5w-blackbar-0pX"
PLANTED = [GITHUB, AWS_ID, AWS_SECRET, EMAIL, CARD, URL_PASSWORD, PASSWORD]


class Blackbar:
    """The program under test; killed when the block is left."""

    def __init__(self, program, directory):
        self.directory = directory
        self.output = ""
        config = directory / "blackbar.toml"
        config.write_text(
            f'data_dir = "{directory / "data"}"\n'
            '[admin]\nlisten = "127.0.0.1:0"\n'
            '[receive]\nlisten = ["127.0.0.1:0"]\n'
        )
        self.process = subprocess.Popen(
            [program, "serve", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._follow, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _follow(self):
        for line in self.process.stdout:
            self.output += line

    def _address(self, pattern):
        found = re.search(pattern + r".*?(127\.0\.0\.1:\d+)", self.output)
        return found and found.group(1)

    def ready(self):
        """Waits until it takes requests; returns the address to send to."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            address = self._address(r"(?m)^(?!.*admin).*listen")
            admin = self._address(r"(?m)^.*admin")
            if address and admin and is_well(f"http://{admin}/readyz"):
                return address
            time.sleep(0.05)
        sys.exit(f"blackbar is not ready:\n{self.output}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE) != 0:
            sys.exit(f"blackbar ended with {self.process.returncode}:\n{self.output}")

    def lines(self, name):
        path = self.directory / "data" / name
        return path.read_text().splitlines() if path.exists() else []


def is_well(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def exporters(route, address):
    """The exporters of one route: traces, logs, metrics."""
    protocol, compression = route.split("-")
    if protocol == "grpc":
        coding = {"gzip": grpc.Compression.Gzip, "none": grpc.Compression.NoCompression}[compression]
        args = {"endpoint": f"http://{address}", "insecure": True, "compression": coding, "timeout": 10}
        return GrpcTraces(**args), GrpcLogs(**args), GrpcMetrics(**args)
    coding = {"gzip": Compression.Gzip, "deflate": Compression.Deflate, "none": Compression.NoCompression}
    args = {"compression": coding[compression], "timeout": 10}
    url = f"http://{address}/v1/"
    return (
        HttpTraces(endpoint=url + "traces", **args),
        HttpLogs(endpoint=url + "logs", **args),
        HttpMetrics(endpoint=url + "metrics", **args),
    )


def send(route, address):
    """Sends one span, two log records and one data point, all full of what must not arrive."""
    traces, logs, metrics = exporters(route, address)
    resource = Resource.create({"service.name": f"client-{route}", "owner": EMAIL})
    send_span(traces, resource)
    send_logs(route, logs, resource)
    send_metric(metrics, resource)


def send_span(exporter, resource):
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("python-sdk").start_as_current_span(f"lookup {EMAIL}") as span:
        span.set_attribute("db.url", f"postgres://app:{URL_PASSWORD}@db.example.com:5432/billing")
        span.set_attribute("tool.arguments", json.dumps({"env": {"GITHUB_TOKEN": GITHUB}, "password": PASSWORD}))
        span.set_attribute("raw", f"::{GITHUB}".encode())
        span.set_attribute("cards", [CARD, "none"])
        span.record_exception(RuntimeError(f"cannot charge {CARD}"))
        span.set_status(Status(StatusCode.ERROR, f"token {GITHUB} refused"))
    provider.shutdown()


def send_logs(route, exporter, resource):
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = logging.getLogger(f"billing.{route}")
    logger.propagate = False
    logger.addHandler(LoggingHandler(logger_provider=provider))
    logger.warning("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", AWS_ID, AWS_SECRET)
    logger.error("mail to %s failed", EMAIL, extra={"api_token": GITHUB})
    provider.shutdown()


def send_metric(exporter, resource):
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider(metric_readers=[reader], resource=resource)
    provider.get_meter("python-sdk").create_counter("calls").add(1, {"customer": EMAIL, "key": AWS_ID})
    provider.shutdown()


def unescaped(text):
    """The text, and what it is after each level of JSON escapes and of bytes."""
    levels = [text]
    for encoded in re.findall(r'"bytesValue":\s*"([^"]*)"', text):
        levels.append(base64.b64decode(encoded).decode("utf-8", "replace"))
    for _ in range(4):
        text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), text)
        levels.append(text)
    return "\n".join(levels)


def check(blackbar):
    """Everything that is wrong with what it wrote."""
    wrong = []
    for name in ["traces", "logs", "metrics"]:
        text = "\n".join(blackbar.lines(f"clean/{name}.jsonl"))
        arrived = [route for route in ROUTES if f"client-{route}" in text]
        if arrived != ROUTES:
            wrong.append(f"{name}: only {arrived} arrived")
        wrong += [f"{name}: {value} is left" for value in PLANTED if value in unescaped(text)]
    alerts = blackbar.lines("alerts.jsonl")
    if not alerts:
        wrong.append("nobody was told")
    told = "\n".join(alerts) + blackbar.output
    # The owner's address may be named as the claimed user; the rest may not be told at all.
    wrong += [f"alerts or output: {value} is told" for value in PLANTED if value != EMAIL and value in told]
    return wrong


def main():
    with tempfile.TemporaryDirectory() as directory:
        with Blackbar(sys.argv[1], pathlib.Path(directory)) as blackbar:
            address = blackbar.ready()
            for route in ROUTES:
                send(route, address)
            blackbar.stop()
            wrong = check(blackbar)
    print("\n".join(wrong) or f"python sdk: {len(ROUTES)} routes, nothing planted is left")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
