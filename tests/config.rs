//! The configuration from outside: what good files mean, and every word said of bad ones.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use blackbar::config::{
    Compression, Config, Exporter, FileExporter, LogFormat, LogLevel, OtlpExporter, Overrides, Queue,
    Upstream,
};
use blackbar::export::{Form, Histograms, Temporality};
use blackbar::limits;
use blackbar::policy::Identity;
use blackbar::queue::Durability;
use blackbar::rule::{Action, Category, Confidence, Rule, Ruleset, TokenKind};
use blackbar::scan::Engine;
use blackbar::signal::Signal;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECRET: &str = "s3cr3t-0123456789abcdef0123456789";

fn variables(name: &str) -> Option<OsString> {
    match name {
        "SECRET" | "SECRET_TOO" => Some(SECRET.into()),
        "HOST" => Some("collector.example.com".into()),
        "EMPTY" => Some("".into()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Config, Vec<String>> {
    parse_over(text, &Overrides::default())
}

fn parse_over(text: &str, overrides: &Overrides) -> Result<Config, Vec<String>> {
    Config::parse("b.toml", text, overrides, &variables)
        .map_err(|errors| errors.to_string().lines().map(str::to_owned).collect())
}

fn bad(text: &str, expected: &[&str]) {
    let errors = parse(text).err().unwrap_or_else(|| panic!("no error in\n{text}"));
    assert_eq!(errors, expected, "in\n{text}");
    assert!(!errors.iter().any(|error| error.contains(SECRET)), "{errors:?}");
}

fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|errors| panic!("{errors:#?} in\n{text}"))
}

fn otlp(exporter: &Exporter) -> &OtlpExporter {
    match &exporter.upstream {
        Upstream::Otlp(otlp) => otlp,
        _ => panic!("not an OTLP exporter"),
    }
}

fn endpoint(exporter: &Exporter, signal: Signal) -> Option<String> {
    otlp(exporter).endpoint(signal).map(|endpoint| endpoint.uri().to_string())
}

fn rule(id: &str, enabled: bool) -> Rule {
    Rule { id: id.to_owned(), enabled, ..Rule::default() }
}

#[test]
fn a_profile_says_how_much_is_looked_for_where_nothing_else_does() {
    let of = |category, confidence, enabled| Rule { category, confidence, ..rule("a.b", enabled) };
    for (rule, strict, balanced, quiet) in [
        (of(Category::Secret, Confidence::High, true), true, true, true),
        (of(Category::Secret, Confidence::Medium, true), true, true, true),
        (of(Category::Secret, Confidence::Low, true), true, true, false),
        (of(Category::Pii, Confidence::High, true), true, true, true),
        (of(Category::Pii, Confidence::Medium, true), true, true, false),
        (of(Category::Pii, Confidence::High, false), true, false, false),
    ] {
        let on = |text: &str| good(&format!("[rules]\n{text}")).rules.enabled(&rule);
        let profiles = ["profile = \"strict\"", "", "profile = \"quiet\""].map(on);
        assert_eq!(profiles, [strict, balanced, quiet], "{rule:?}");
        assert!(on("profile = \"quiet\"\nenable = [\"a.b\"]"), "what is asked for by name is on");
    }
    bad(
        "[rules]\nembedded = false\n",
        &["b.toml:2: rules.embedded: leaves no rules without rules.directory"],
    );
    bad(
        "[rules]\nprofile = \"loud\"\n",
        &["b.toml:2: rules.profile: \"loud\" is not one of strict, balanced, quiet"],
    );
}

#[test]
fn an_engine_is_one_that_the_program_has() {
    assert_eq!(good("").rules.engine, Engine::Portable);
    for (name, engine) in Engine::ALL {
        let text = format!("[rules]\nengine = \"{name}\"\n");
        if engine.is_built_in() {
            let config = good(&text);
            assert_eq!(config.rules.engine, engine);
            assert_eq!(config.rules.same_as(&good("").rules), engine == Engine::Portable);
        } else {
            let told = "b.toml:2: rules.engine: is not in this program: \
                `cargo build --release --features hyperscan` makes one with it";
            bad(&text, &[told]);
        }
    }
    bad(
        "[rules]\nengine = \"vectorscan\"\n",
        &["b.toml:2: rules.engine: \"vectorscan\" is not one of portable, hyperscan"],
    );
}

#[test]
fn what_is_harmless_is_compared_in_lower_case_and_not_too_short() {
    let config = good("[policy]\nharmless = [\"ChangeMe\"]\n");
    assert_eq!(config.policy.harmless, [b"changeme"[..].into()].into());
    bad("[policy]\nharmless = [\"abc\"]\n", &["b.toml:2: policy.harmless[0]: is shorter than 4 bytes"]);
}

#[test]
fn the_default_is_the_safe_one() {
    let config = good("");
    assert_eq!(config.data_dir, Path::new("blackbar-data"));
    let addresses: Vec<String> = config.receive.listen.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["127.0.0.1:4318", "127.0.0.1:4317"]);
    assert_eq!(config.receive.base_paths, [""]);
    assert!(config.receive.cors_origins.is_empty() && config.receive.tokens.is_empty());
    assert_eq!(config.receive.max_wire_bytes, limits::WIRE_BYTES);
    assert_eq!(config.receive.max_inflated_bytes, limits::INFLATED_BYTES);
    assert_eq!(config.receive.max_inflate_ratio, limits::INFLATE_RATIO);
    assert_eq!(config.receive.max_in_flight_bytes, limits::IN_FLIGHT_BYTES);
    assert!(
        config.rules.pack.is_none()
            && config.rules.enabled(&rule("any", true))
            && !config.rules.enabled(&rule("any", false))
    );
    assert_eq!((config.policy.default_action, config.policy.action_for("any")), (Action::Mask, None));
    assert!(config.policy.hmac_key.is_none() && config.resource.attributes.is_empty());
    let file = Upstream::File(FileExporter { directory: PathBuf::from("blackbar-data/clean") });
    assert_eq!(
        config.exporters,
        [Exporter { name: "file".to_owned(), upstream: file, form: Form::default() }]
    );
    assert_eq!(config.alerts.file.as_deref(), Some(Path::new("blackbar-data/alerts.jsonl")));
    assert_eq!(config.alerts.window, limits::ALERT_WINDOW);
    let (durability, max_bytes, max_age) = (Durability::Fsync, limits::QUEUE_DISK_BYTES, limits::QUEUE_AGE);
    assert_eq!(config.queue, Queue { durability, max_bytes, max_age });
    assert_eq!(config.queue_dir(), Path::new("blackbar-data/queue"));
    assert_eq!(config.drain.deadline, limits::DRAIN);
    assert_eq!(config.admin.listen.unwrap().to_string(), "127.0.0.1:4319");
    assert_eq!((config.log.level, config.log.format), (LogLevel::Info, LogFormat::Text));
    assert_eq!(Config::load(None, &Overrides::default()).unwrap(), config);
}

#[test]
fn everything_that_can_be_said() {
    let config = good(
        r#"
        data_dir = "/var/lib/blackbar"
        [receive]
        listen = ["0.0.0.0:4318", "[::1]:4317", "localhost:9999"]
        base_paths = ["", "/api/public/otel"]
        cors_origins = ["https://example.com", "vscode-webview://abc"]
        max_wire_bytes = "8MiB"
        max_inflated_bytes = 1_000_000
        max_inflate_ratio = 50
        max_in_flight_bytes = "1GiB"
        tokens = [{ name = "laptops", token = " ${env:SECRET} " }]
        [rules]
        disable = ["pii.*", "aws.key"]
        enable = ["pii.ip"]
        [policy]
        default_action = "hash"
        hmac_key = "${env:SECRET}"
        actions = { "aws.*" = "drop", "aws.key" = "report" }
        [resource.attributes]
        "deployment.environment" = "prod"
        [[exporters]]
        name = "archive"
        type = "file"
        directory = "/var/log/clean"
        [[exporters]]
        name = "backend"
        type = "otlp"
        endpoint = "https://${env:HOST}/otel/"
        logs_endpoint = "https://logs.example.com/in?key=${env:SECRET}"
        headers = { Authorization = "Bearer ${env:SECRET}", x-scope = "agents" }
        compression = "gzip"
        compression_level = 6
        timeout = "2m"
        max_batch_bytes = "1MB"
        [alerts]
        file = "/var/log/alerts.jsonl"
        window = "5m"
        [queue]
        durability = "page_cache"
        max_bytes = "64MiB"
        max_age = "24h"
        [drain]
        deadline = "500ms"
        [admin]
        listen = "off"
        [log]
        level = "debug"
        format = "json"
        "#,
    );
    let receive = &config.receive;
    let addresses: Vec<String> = receive.listen.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["0.0.0.0:4318", "[::1]:4317", "127.0.0.1:9999"]);
    assert_eq!((receive.max_wire_bytes, receive.max_inflated_bytes), (8 << 20, 1_000_000));
    assert_eq!((receive.max_inflate_ratio, receive.max_in_flight_bytes), (50, 1 << 30));
    assert_eq!(receive.tokens[0].name, "laptops");
    assert_eq!(receive.tokens[0].token.expose(), SECRET.as_bytes());
    assert_eq!(config.policy.hmac_key.as_ref().unwrap().expose(), SECRET.as_bytes());
    assert_eq!(config.policy.default_action, Action::Hash);
    assert_eq!(config.resource.attributes, [("deployment.environment".to_owned(), "prod".to_owned())]);
    let [archive, backend] = config.exporters.as_slice() else { panic!("two exporters") };
    assert_eq!(archive.upstream, Upstream::File(FileExporter { directory: "/var/log/clean".into() }));
    let traces = endpoint(backend, Signal::Traces).unwrap();
    assert_eq!(traces, "https://collector.example.com/otel/v1/traces");
    let logs = endpoint(backend, Signal::Logs).unwrap();
    assert_eq!(logs, format!("https://logs.example.com/in?key={SECRET}"));
    let backend = otlp(backend);
    assert_eq!(backend.headers[0].0, "authorization");
    assert_eq!(backend.headers[0].1.expose(), format!("Bearer {SECRET}").as_bytes());
    assert_eq!((backend.compression, backend.timeout), (Compression::Gzip(6), Duration::from_secs(120)));
    assert_eq!(backend.max_batch_bytes, 1_000_000);
    assert_eq!(
        (config.alerts.window, config.drain.deadline),
        (Duration::from_secs(300), Duration::from_millis(500))
    );
    let (durability, max_age) = (Durability::PageCache, Duration::from_secs(24 * 3600));
    assert_eq!(config.queue, Queue { durability, max_bytes: 64 << 20, max_age });
    assert_eq!(config.admin.listen, None);
    assert_eq!((config.log.level, config.log.format), (LogLevel::Debug, LogFormat::Json));
    assert!(!format!("{config:#?}").contains(SECRET), "{config:#?}");
}

#[test]
fn the_most_exact_selector_decides() {
    let config = good(
        r#"
        [rules]
        disable = ["pii.*", "aws.key"]
        enable = ["pii.ip", "aws.*"]
        [policy.actions]
        "aws.*" = "drop"
        "aws.key" = "report"
        "aws.key.*" = "hash"
        "#,
    );
    let cases = [
        ("aws.key", Some(Action::Report)),
        ("aws.key.old", Some(Action::Hash)),
        ("aws.token", Some(Action::Drop)),
        ("awsome", None),
        ("gcp.key", None),
    ];
    for (id, action) in cases {
        assert_eq!(config.policy.action_for(id), action, "{id}");
    }
    let enabled =
        [("pii.ip", true), ("pii.mail", false), ("aws.key", false), ("aws.token", true), ("gcp.key", true)];
    for (id, on) in enabled {
        assert_eq!(config.rules.enabled(&rule(id, true)), on, "{id}");
    }
}

#[test]
fn all_errors_of_a_file_are_told_in_its_order() {
    bad(
        r#"data_dri = "x"
[log]
level = "loud"
format = 3
[receive]
listen = ["0.0.0.0:4318", "here"]
max_wire_bytes = "lots"
max_inflate_ratio = 0
colour = true
[[receive.tokens]]
name = "a b"
token = "short"
[[receive.tokens]]
nmae = "x"
[[exporters]]
name = "up"
type = "otlp"
endpont = "https://example.com"
timeout = "10"
[[exporters]]
type = "kafka"
topic = "x"
[recieve]
"#,
        &[
            "b.toml:1: data_dri: unknown key; did you mean data_dir?",
            "b.toml:3: log.level: \"loud\" is not one of error, warn, info, debug",
            "b.toml:4: log.format: expected a string, found an integer",
            "b.toml:6: receive.listen[1]: \"here\" is not an address; write IP:PORT, such as \"127.0.0.1:4318\"",
            "b.toml:7: receive.max_wire_bytes: \"lots\" is not a size, such as \"64MiB\", \"1MB\" or a number of bytes",
            "b.toml:8: receive.max_inflate_ratio: \"0\" is not from 1 to 10000",
            "b.toml:9: receive.colour: unknown key; known here: allow_open, base_paths, cors_origins, listen, \
             max_in_flight_bytes, max_inflate_ratio, max_inflated_bytes, max_wire_bytes, tokens",
            "b.toml:11: receive.tokens[0].name: \"a b\" is not a name; write 1 to 64 letters, digits, dots, \
             dashes or underscores",
            "b.toml:12: receive.tokens[0].token: is shorter than 16 bytes: it could be guessed",
            "b.toml:13: receive.tokens[1].name: is missing",
            "b.toml:13: receive.tokens[1].token: is missing",
            "b.toml:14: receive.tokens[1].nmae: unknown key; did you mean name?",
            "b.toml:15: exporters[0].endpoint: is missing",
            "b.toml:18: exporters[0].endpont: unknown key; did you mean endpoint?",
            "b.toml:19: exporters[0].timeout: \"10\" is not a duration, such as \"500ms\", \"10s\" or \"2m\"",
            "b.toml:20: exporters[1].name: is missing",
            "b.toml:21: exporters[1].type: \"kafka\" is not one of file, otlp, azure_monitor, application_insights",
            "b.toml:23: recieve: unknown key; did you mean receive?",
        ],
    );
}

#[test]
fn syntax_is_told_alone() {
    bad(
        "data_dri = 1\n[log]\nlevel = loud\nlevel = \"info\"\nformat\n",
        &[
            "b.toml:3: string values must be quoted, expected literal string",
            "b.toml:4: duplicate key",
            "b.toml:5: key with no value, expected `=`",
        ],
    );
}

#[test]
fn an_open_address_has_to_be_asked_for() {
    const OPEN: &str = "can be reached from other machines, and nobody would have to say who they are; \
        add a [[receive.tokens]], listen on 127.0.0.1, or set receive.allow_open = true";
    for address in ["0.0.0.0:4318", "[::]:4318", "192.0.2.1:4318"] {
        let text = format!("[receive]\nlisten = [\"{address}\"]\n");
        bad(&text, &[&format!("b.toml:2: receive.listen[0]: \"{address}\" {OPEN}")]);
        bad(&format!("{text}tokens = []"), &[&format!("b.toml:2: receive.listen[0]: \"{address}\" {OPEN}")]);
        good(&format!("{text}allow_open = true"));
        good(&format!("{text}[[receive.tokens]]\nname = \"a\"\ntoken = \"${{env:SECRET}}\""));
        let overrides = Overrides { listen: vec![address.to_owned()], data_dir: None };
        let errors = parse_over("", &overrides).unwrap_err();
        assert_eq!(errors, [format!("command line: --listen: \"{address}\" {OPEN}")]);
    }
    bad(
        "[admin]\nlisten = \"0.0.0.0:4319\"",
        &[
            "b.toml:2: admin.listen: \"0.0.0.0:4319\" can be reached from other machines, and asks nobody who they \
           are; listen on 127.0.0.1, or set admin.allow_open = true",
        ],
    );
    good("[admin]\nlisten = \"0.0.0.0:4319\"\nallow_open = true");
}

#[test]
fn receive_is_consistent() {
    bad(
        r#"[receive]
listen = []
base_paths = ["otel", "/otel/", "/a", "/a", "/../b"]
cors_origins = ["*", "example.com", "https://example.com/page"]
max_in_flight_bytes = "1MiB"
[admin]
listen = "127.0.0.1:1x"
"#,
        &[
            "b.toml:2: receive.listen: is empty: name an address, such as \"127.0.0.1:4318\"",
            "b.toml:3: receive.base_paths[0]: \"otel\" is not a base path; write \"\" or a path such as \
             \"/api/public/otel\", without a / at its end",
            "b.toml:3: receive.base_paths[1]: \"/otel/\" is not a base path; write \"\" or a path such as \
             \"/api/public/otel\", without a / at its end",
            "b.toml:3: receive.base_paths[3]: \"/a\" is listed twice",
            "b.toml:3: receive.base_paths[4]: \"/../b\" is not a base path; write \"\" or a path such as \
             \"/api/public/otel\", without a / at its end",
            "b.toml:4: receive.cors_origins[0]: \"*\" would let every web page send to this proxy; name each origin",
            "b.toml:4: receive.cors_origins[1]: \"example.com\" is not an origin; write it as browsers do, such as \
             \"https://example.com\"",
            "b.toml:4: receive.cors_origins[2]: \"https://example.com/page\" is not an origin; write it as browsers \
             do, such as \"https://example.com\"",
            "b.toml:5: receive.max_in_flight_bytes: 1MiB is less than receive.max_inflated_bytes (64MiB): such a \
             request could never be taken",
            "b.toml:7: admin.listen: \"127.0.0.1:1x\" is not an address; write IP:PORT, such as \"127.0.0.1:4318\"",
        ],
    );
    bad(
        "[admin]\nlisten = \"127.0.0.1:4317\"",
        &[
            "b.toml:2: admin.listen: \"127.0.0.1:4317\" is an address of receive.listen too; choose another port, or \
           \"off\"",
        ],
    );
}

#[test]
fn tokens_are_told_apart_and_cannot_be_guessed() {
    let fifteen = "x".repeat(limits::TOKEN_BYTES - 1);
    let tokens = format!(
        r#"[receive]
tokens = [
  {{ name = "a", token = "${{env:SECRET}}" }},
  {{ name = "a", token = "${{env:SECRET}}x" }},
  {{ name = "b", token = "${{env:SECRET_TOO}}" }},
  {{ name = "c", token = "{fifteen}" }},
  {{ name = "d", token = "${{env:EMPTY}}  " }},
  {{ name = "e", token = "two words {SECRET}" }},
  {{ name = "{long}", token = "{sixteen}" }},
]
"#,
        sixteen = "x".repeat(limits::TOKEN_BYTES),
        long = "n".repeat(65),
    );
    bad(
        &tokens,
        &[
            "b.toml:4: receive.tokens[1].name: \"a\" is the name of another one; names are unique",
            "b.toml:5: receive.tokens[2].token: is the token of a too: nobody could tell them apart",
            "b.toml:6: receive.tokens[3].token: is shorter than 16 bytes: it could be guessed",
            "b.toml:7: receive.tokens[4].token: is empty: everyone would have it",
            "b.toml:8: receive.tokens[5].token: holds a space or something that is not ASCII: it could not stand in \
             a header",
            "b.toml:9: receive.tokens[6].name: \"...\" is not a name; write 1 to 64 letters, digits, dots, dashes or \
             underscores",
        ],
    );
}

#[test]
fn a_secret_is_in_no_message_wherever_it_was_put() {
    bad(
        r#"data_dir = 1
[receive]
listen = ["${env:SECRET}"]
base_paths = ["${env:SECRET}"]
cors_origins = ["${env:SECRET}"]
max_wire_bytes = "${env:SECRET}"
tokens = [{ name = "x ${env:SECRET}", token = "${env:NONE}" }]
[rules]
disable = ["${env:SECRET}!"]
[policy]
default_action = "${env:SECRET}"
hmac_key = "${file:/no/such/file}"
[[exporters]]
name = "a"
type = "otlp"
endpoint = "https://user:s3cr3t-0123456789abcdef0123456789@example.com"
traces_endpoint = "${env:SECRET}"
logs_endpoint = "ftp://s3cr3t-0123456789abcdef0123456789/"
headers = { "bad name" = "${env:SECRET}", Host = "x", ok = "line\nbreak", twice = "1", Twice = "2" }
[log]
level = "${ENV:LEVEL}"
format = "${env:FORMAT"
"#,
        &[
            "b.toml:1: data_dir: expected a string, found an integer",
            "b.toml:3: receive.listen[0]: the value of ${env:SECRET} is not an address; write IP:PORT, such as \
             \"127.0.0.1:4318\"",
            "b.toml:4: receive.base_paths[0]: the value of ${env:SECRET} is not a base path; write \"\" or a path such \
             as \"/api/public/otel\", without a / at its end",
            "b.toml:5: receive.cors_origins[0]: the value of ${env:SECRET} is not an origin; write it as browsers do, \
             such as \"https://example.com\"",
            "b.toml:6: receive.max_wire_bytes: the value of ${env:SECRET} is not a size, such as \"64MiB\", \"1MB\" or \
             a number of bytes",
            "b.toml:7: receive.tokens[0].name: the value of x ${env:SECRET} is not a name; write 1 to 64 letters, \
             digits, dots, dashes or underscores",
            "b.toml:7: receive.tokens[0].token: the environment variable NONE is not set",
            "b.toml:9: rules.disable[0]: the value of ${env:SECRET}! is neither the id of a rule nor the beginning of \
             ids, such as \"aws.access_key_id\" or \"aws.*\"",
            "b.toml:11: policy.default_action: the value of ${env:SECRET} is not one of mask, hash, seal, \
             partial, drop, report",
            "b.toml:12: policy.hmac_key: /no/such/file cannot be read: no such file or directory",
            "b.toml:16: exporters[0].endpoint: holds a user or password; put it into headers, from ${env:...} or \
             ${file:...}",
            "b.toml:17: exporters[0].traces_endpoint: is neither http:// nor https://",
            "b.toml:18: exporters[0].logs_endpoint: is neither http:// nor https://",
            "b.toml:19: exporters[0].headers.\"bad name\": is not the name of a header",
            "b.toml:19: exporters[0].headers.Host: is set by blackbar itself",
            "b.toml:19: exporters[0].headers.ok: is empty, or holds what cannot stand in a header",
            "b.toml:19: exporters[0].headers.twice: is there twice: upper and lower case are the same in headers",
            "b.toml:21: log.level: only ${env:NAME} and ${file:PATH} can be put in; write $${ for the characters \
             themselves",
            "b.toml:22: log.format: a `${` without its `}`; write $${ for the characters themselves",
        ],
    );
}

#[test]
fn policy_and_resource_say_what_they_mean() {
    let key = "x".repeat(limits::TOKEN_KEY_BYTES);
    good(&format!("[policy]\nhmac_key = \"{key}\""));
    bad(
        &format!(
            r#"[policy]
hmac_key = "{short}"
[policy.actions]
"aws..key" = "mask"
"aws.*" = "burn"
"*" = "mask"
"pii.mail" = 3
[resource.attributes]
"deployment.environment" = " "
[rules]
disable = ["aws.*"]
enable = ["aws.*"]
"#,
            short = &key[1..]
        ),
        &[
            "b.toml:2: policy.hmac_key: is shorter than 32 bytes; make one with `openssl rand -base64 32`",
            "b.toml:4: policy.actions.\"aws..key\": the key is neither the id of a rule nor the beginning of ids, such \
             as \"aws.access_key_id\" or \"aws.*\"",
            "b.toml:5: policy.actions.\"aws.*\": \"burn\" is not one of mask, hash, seal, partial, drop, report",
            "b.toml:6: policy.actions.\"*\": the key is neither the id of a rule nor the beginning of ids, such as \
             \"aws.access_key_id\" or \"aws.*\"",
            "b.toml:7: policy.actions.\"pii.mail\": expected a string, found an integer",
            "b.toml:9: resource.attributes.\"deployment.environment\": an attribute needs a key and a value that are \
             not empty",
            "b.toml:12: rules.enable: aws.* is in rules.disable too",
        ],
    );
}

#[test]
fn who_somebody_is_is_kept_unless_the_policy_says() {
    let of = |text: &str, key: &str| {
        let identity: HashMap<_, _> = good(text).policy.identity.into_iter().collect();
        identity.get(key).copied()
    };
    let all = "[policy.identity]\n\"*\" = \"hash\"\n\"user.id\" = \"keep\"\n\"acme.badge\" = \"remove\"\n";
    assert_eq!(of("", "user.email"), Some(Identity::Keep));
    assert_eq!((of("", "acme.badge"), of("", "*")), (None, None));
    assert_eq!(of(all, "user.email"), Some(Identity::Hash));
    assert_eq!(of(all, "user.id"), Some(Identity::Keep));
    assert_eq!((of(all, "acme.badge"), of(all, "*")), (Some(Identity::Remove), None));
}

#[test]
fn a_suppression_says_who_answers_for_what_and_until_when() {
    let one = |lines: &str| format!("[[policy.suppressions]]\n{lines}");
    let said = "rule = \"generic.*\"\nfingerprint = \"k5xwzy3tmfrggzdf\"\nreason = \"of CI\"\nowner = \"platform\"\n";
    let of = |expires: &str| good(&one(&format!("{said}expires = \"{expires}\"\n"))).policy;
    let policy = of("2999-12-31");
    let listed: Vec<_> = policy.suppressed_for("generic.pin").iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["k5xwzy3tmfrggzdf"]);
    assert!(policy.suppressed_for("aws.access_key_id").is_empty() && policy.next_expiry().is_some());
    let ended = of("2020-01-01");
    assert!(ended.suppressed_for("generic.pin").is_empty() && ended.next_expiry().is_none());
    bad(
        &one("rule = \"generic..\"\nfingerprint = \"hunter2\"\nowner = \"\"\nexpires = \"soon\"\n"),
        &[
            "b.toml:1: policy.suppressions[0].reason: is missing",
            "b.toml:2: policy.suppressions[0].rule: \"generic..\" is neither the id of a rule nor the beginning of \
             ids, such as \"aws.access_key_id\" or \"aws.*\"",
            "b.toml:3: policy.suppressions[0].fingerprint: is not the fingerprint of an alert: sixteen lower-case \
             letters and digits",
            "b.toml:4: policy.suppressions[0].owner: is empty",
            "b.toml:5: policy.suppressions[0].expires: \"soon\" is not a day, such as \"2027-03-31\"",
        ],
    );
}

#[test]
fn what_is_sealed_needs_somebody_to_seal_to() {
    let missing = "is missing: there is nobody to seal to; make a key with `blackbar seal-key FILE`";
    let wrong = "is not a public key to seal to: it begins with blackbar-seal-to-1: and comes from `blackbar seal-key`";
    let recipient = blackbar::seal::Identity::new().recipient();
    good(&format!("[policy]\nseal_to = \"{recipient}\"\ndefault_action = \"seal\"\n"));
    for text in ["default_action = \"seal\"\n", "actions = { \"aws.*\" = \"seal\" }\n"] {
        bad(&format!("[policy]\n{text}"), &[&format!("b.toml:1: policy.seal_to: {missing}")]);
    }
    bad("[policy]\nseal_to = \"${env:SECRET}\"\n", &[&format!("b.toml:2: policy.seal_to: {wrong}")]);
}

#[test]
fn tokens_last_or_they_do_not() {
    let config = good("[policy.tokens]\n\"pii.*\" = \"fleeting\"\n\"pii.email\" = \"lasting\"\n");
    for (id, kind) in [
        ("pii.email", Some(TokenKind::Lasting)),
        ("pii.iban", Some(TokenKind::Fleeting)),
        ("aws.access_key_id", None),
    ] {
        assert_eq!(config.policy.token_for(id), kind, "{id}");
    }
    bad(
        "[policy.tokens]\n\"pii.*\" = \"short\"\n",
        &["b.toml:2: policy.tokens.\"pii.*\": \"short\" is not one of lasting, fleeting"],
    );
}

#[test]
fn a_queue_in_memory_is_smaller_unless_it_says() {
    for (text, max_bytes) in [
        ("durability = \"memory\"", limits::QUEUE_MEMORY_BYTES),
        ("durability = \"fsync\"", limits::QUEUE_DISK_BYTES),
        ("durability = \"memory\"\nmax_bytes = \"8GiB\"", 8 << 30),
    ] {
        assert_eq!(good(&format!("[queue]\n{text}\n")).queue.max_bytes, max_bytes, "{text}");
    }
    bad(
        "[queue]\ndurability = \"disk\"\nmax_age = \"1s\"\n",
        &[
            "b.toml:2: queue.durability: \"disk\" is not one of fsync, page_cache, memory",
            "b.toml:3: queue.max_age: \"1s\" is not from 1m to 8760h",
        ],
    );
}

#[test]
fn exporters_do_not_stand_in_each_others_way() {
    bad(
        r#"[[exporters]]
name = "a"
type = "file"
[[exporters]]
name = "a"
type = "file"
endpoint = "https://example.com"
[[exporters]]
name = "b"
type = "otlp"
endpoint = "http://collector:4318/v1/traces"
compression = "none"
compression_level = 3
directory = "x"
[[exporters]]
name = "c"
type = "otlp"
endpoint = "https://example.com/?key=x"
[[exporters]]
name = "d"
type = "otlp"
endpoint = "http://collector:4318"
headers = { authorization = "Bearer x" }
"#,
        &[
            "b.toml:4: exporters[1].directory: exporter a writes there already",
            "b.toml:5: exporters[1].name: \"a\" is the name of another one; names are unique",
            "b.toml:7: exporters[1].endpoint: unknown key; known here: directory, histograms, \
             metrics_temporality, name, type",
            "b.toml:11: exporters[2].endpoint: is for one signal, and /v1/... is put behind it; leave that out, or \
             name it for its signal",
            "b.toml:13: exporters[2].compression_level: has no meaning with compression = \"none\"",
            "b.toml:14: exporters[2].directory: unknown key; known here: allow_plain_http, compression, \
             compression_level, endpoint, headers, histograms, logs_endpoint, max_batch_bytes, metrics_endpoint, \
             metrics_temporality, name, timeout, traces_endpoint, type",
            "b.toml:18: exporters[3].endpoint: has a query, and a path is put behind it; give each signal its own \
             endpoint",
            "b.toml:23: exporters[4].headers: would go over the network for all to read; use an https endpoint, or \
             set allow_plain_http = true",
        ],
    );
}

#[test]
fn an_upstream_may_take_some_signals_only() {
    let text = "exporters = [{ name = \"a\", type = \"otlp\", logs_endpoint = \"http://127.0.0.1:1/logs\", \
                headers = { a = \"b\" } }]";
    let config = good(text);
    let [exporter] = config.exporters.as_slice() else { panic!("one exporter") };
    assert_eq!(endpoint(exporter, Signal::Logs).as_deref(), Some("http://127.0.0.1:1/logs"));
    assert_eq!(endpoint(exporter, Signal::Traces), None);
    assert_eq!(endpoint(exporter, Signal::Metrics), None);
    assert_eq!(otlp(exporter).compression, Compression::Gzip(1));
}

#[test]
fn the_command_line_stands_over_the_file() {
    let overrides =
        Overrides { listen: vec!["127.0.0.1:0".into(), "[::1]:0".into()], data_dir: Some("d".into()) };
    let config = parse_over("data_dir = \"x\"\n[receive]\nlisten = [\"127.0.0.1:1\"]", &overrides).unwrap();
    let addresses: Vec<String> = config.receive.listen.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["127.0.0.1:0", "[::1]:0"]);
    assert_eq!(config.alerts.file.as_deref(), Some(Path::new("d/alerts.jsonl")));
    let overrides = Overrides { listen: vec!["here".into()], data_dir: None };
    let errors = parse_over("[log]\nlevel = \"\"", &overrides).unwrap_err();
    assert_eq!(
        errors,
        [
            "b.toml:2: log.level: \"\" is not one of error, warn, info, debug",
            "command line: --listen: \"here\" is not an address; write IP:PORT, such as \"127.0.0.1:4318\"",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("b.toml");
    let load =
        |path: &Path| Config::load(Some(path), &Overrides::default()).map_err(|errors| errors.to_string());
    assert_eq!(load(&path), Err(format!("{}: cannot be read: no such file or directory", path.display())));
    std::fs::write(&path, "#".repeat(limits::CONFIG_BYTES)).unwrap();
    assert!(load(&path).is_ok());
    std::fs::write(&path, "#".repeat(limits::CONFIG_BYTES + 1)).unwrap();
    assert_eq!(load(&path), Err(format!("{}: is larger than 1MiB", path.display())));
    std::fs::write(&path, "data_dir = \"d\" # \u{e9}").unwrap();
    assert_eq!(load(&path).unwrap().data_dir, Path::new("d"));
}

#[test]
fn a_pack_is_every_toml_file_below_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let pack = directory.path();
    let text = format!("[rules]\ndirectory = \"{}\"", pack.display());
    bad(&text, &["b.toml:2: rules.directory: holds no .toml file: nothing would be looked for"]);
    std::fs::create_dir(pack.join("secrets")).unwrap();
    for (name, text) in [("secrets/b.toml", "two"), ("a.toml", "one"), ("readme.md", "no")] {
        std::fs::write(pack.join(name), text).unwrap();
    }
    let files = good(&text).rules.pack.unwrap();
    let files: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    assert_eq!(files, [("a.toml", "one"), ("secrets/b.toml", "two")]);
    for at in 2..limits::RULE_PACK_FILES {
        std::fs::write(pack.join(format!("{at}.toml")), "").unwrap();
    }
    good(&text);
    std::fs::write(pack.join("more.toml"), "").unwrap();
    bad(&text, &["b.toml:2: rules.directory: holds more than 2048 rule files"]);
}

#[test]
fn a_pack_has_a_size() {
    let directory = tempfile::tempdir().unwrap();
    let pack = directory.path();
    let text = format!("[rules]\ndirectory = \"{}\"", pack.display());
    std::fs::write(pack.join("a.toml"), "#".repeat(limits::RULE_PACK_BYTES - 1)).unwrap();
    std::fs::write(pack.join("b.toml"), "#").unwrap();
    good(&text);
    std::fs::write(pack.join("b.toml"), "##").unwrap();
    let path = pack.join("b.toml");
    let expected = format!("b.toml:2: rules.directory: {} makes the pack larger than 16MiB", path.display());
    bad(&text, &[&expected]);
}

#[test]
fn what_a_signature_has_to_be_is_said_together_or_not_at_all() {
    const KEY: &str = "RWSvrHAHaZsdi7XUE/MnU9HEAgGSDQ0Q8lWAvgzqDiK8ONZFcT5C0SIk";
    bad("[rules]\nrequire_signed = true", &["b.toml:1: rules.trusted_keys: is missing"]);
    let no_key = "b.toml:3: rules.trusted_keys: holds no key: `blackbar rules keygen` makes one";
    bad("[rules]\nrequire_signed = true\ntrusted_keys = []", &[no_key]);
    let alone = |key: &str, line| {
        format!("b.toml:{line}: rules.{key}: means nothing without rules.require_signed = true")
    };
    bad(
        &format!("[rules]\ntrusted_keys = [\"{KEY}\"]\nname = \"acme\"\nminimum_version = 3"),
        &[&alone("trusted_keys", 2), &alone("name", 3), &alone("minimum_version", 4)],
    );
    bad(
        "[rules]\nrequire_signed = true\ntrusted_keys = [\"RWno\"]\nname = \"a b\"\nminimum_version = -1",
        &[
            no_key,
            "b.toml:3: rules.trusted_keys[0]: is not a key of minisign",
            "b.toml:4: rules.name: \"a b\" is not the name of a pack; write 1 to 64 letters, digits, dots, dashes or underscores",
            "b.toml:5: rules.minimum_version: \"-1\" is not a whole number",
        ],
    );
    let file = format!("untrusted comment: minisign public key 8B1D9B690770ACAF\\n{KEY}\\n");
    good(&format!("[rules]\nrequire_signed = true\ntrusted_keys = [\"{KEY}\", \"{file}\"]"));
}

#[test]
fn a_selector_without_a_rule_is_an_error() {
    let config = good("[policy.actions]\n\"no.such\" = \"mask\"\n[rules]\ndisable = [\"nothing.*\"]");
    let errors = config.check_rules(&Ruleset::default()).unwrap_err().to_string();
    assert_eq!(
        errors,
        "b.toml:2: policy.actions.\"no.such\": there is no rule no.such; `blackbar rules list` shows them\n\
         b.toml:4: rules.disable[0]: there is no rule nothing.*; `blackbar rules list` shows them"
    );
}

#[test]
fn the_laptop_example_is_the_default() {
    let text = std::fs::read_to_string("deploy/examples/laptop.toml").unwrap();
    assert_eq!(good(&text), good(""));
}

#[test]
fn the_examples_are_sound() {
    let mut examples = 0;
    for entry in std::fs::read_dir("deploy/examples").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.display().to_string();
            // What a platform sets by itself is not set here: only what an example names is.
            let named = |name: &str| text.contains(&format!("${{env:{name}}}"));
            let variables = |name: &str| {
                named(name).then(|| OsString::from(format!("{name} {SECRET}").replace(' ', "-")))
            };
            let parsed = Config::parse(&name, &text, &Overrides::default(), &variables);
            parsed.unwrap_or_else(|errors| panic!("{errors}"));
            examples += 1;
        }
    }
    assert!(examples > 0);
}

fn azure(rest: &str) -> String {
    format!(
        "[[exporters]]\nname = \"a\"\ntype = \"azure_monitor\"\nlogs_endpoint = \"https://h.example/x?y=z\"\n{rest}"
    )
}

#[test]
fn azure_monitor_says_who_it_is_and_never_in_clear() {
    let client = "tenant_id = \"t\"\nclient_id = \"c\"\n";
    for (rest, shown) in [
        ("auth = \"managed_identity\"".to_owned(), "managed identity of the machine"),
        (format!("auth = \"client_secret\"\n{client}client_secret = \"${{env:SECRET}}\""), "client secret"),
        (format!("auth = \"workload_identity\"\n{client}token_file = \"f\""), "workload identity"),
        ("auth = \"bearer\"\ntoken = \"${env:SECRET}\"".to_owned(), "bearer token"),
    ] {
        let config = good(&azure(&rest));
        let debug = format!("{:?}", config.exporters);
        assert!(debug.contains(shown) && !debug.contains(SECRET), "{debug}");
        let otlp = config.exporters[0].upstream.otlp().unwrap();
        assert!(otlp.endpoint(Signal::Traces).is_none() && otlp.endpoint(Signal::Logs).is_some());
        assert_eq!(otlp.max_batch_bytes, limits::AZURE_REQUEST_BYTES);
    }
}

#[test]
fn azure_monitor_takes_from_the_environment_what_is_not_written() {
    let environment = |name: &str| {
        let value = match name {
            "IDENTITY_ENDPOINT" => "http://localhost:42356/msi/token",
            "IDENTITY_HEADER" => SECRET,
            "AZURE_CLIENT_ID" | "AZURE_TENANT_ID" => "from-the-platform",
            "AZURE_FEDERATED_TOKEN_FILE" => "/var/run/secrets/token",
            _ => return None,
        };
        Some(OsString::from(value))
    };
    for (auth, shown) in
        [("managed_identity", "managed identity of the app"), ("workload_identity", "workload identity")]
    {
        let text = azure(&format!("auth = \"{auth}\""));
        let config = Config::parse("b.toml", &text, &Overrides::default(), &environment).unwrap();
        assert!(format!("{:?}", config.exporters).contains(shown));
    }
}

#[test]
fn what_is_wrong_with_azure_monitor_is_told_at_once() {
    bad(
        &azure(
            "auth = \"client_secret\"\nauthority_host = \"http://example.com\"\ntenant_id = \"t\"\nendpoint = \"x\"",
        ),
        &[
            "b.toml:1: exporters[0].client_id: is missing, and so is AZURE_CLIENT_ID in the environment",
            "b.toml:1: exporters[0].client_secret: is missing, and so is AZURE_CLIENT_SECRET in the environment",
            "b.toml:6: exporters[0].authority_host: must begin with https://: a secret is sent there",
        ],
    );
    bad(&azure(""), &["b.toml:1: exporters[0].auth: is missing"]);
    bad(
        &azure("auth = \"bearer\"\ntoken = \"x\"\nendpoint = \"https://h.example\"")
            .replace("https://h.example/x", "http://h.example/x"),
        &[
            "b.toml:5: exporters[0].auth: a token would go over the network for all to read: use https endpoints",
            "b.toml:7: exporters[0].endpoint: unknown key; did you mean logs_endpoint?",
        ],
    );
}

fn insights(rest: &str) -> String {
    let connection =
        "InstrumentationKey=00000000-aaaa-bbbb-cccc-0000000000ff;IngestionEndpoint=https://h.example/";
    format!(
        "[[exporters]]\nname = \"a\"\ntype = \"application_insights\"\nconnection_string = \"{connection}\"\n{rest}"
    )
}

#[test]
fn application_insights_is_a_connection_string_and_perhaps_an_identity() {
    for (rest, whom) in [("", None), ("auth = \"managed_identity\"", Some("managed identity of the machine"))]
    {
        let config = good(&insights(rest));
        let Upstream::ApplicationInsights(to) = &config.exporters[0].upstream else {
            panic!("not that exporter")
        };
        assert_eq!(to.endpoint.to_string(), "https://h.example/v2.1/track");
        assert_eq!(to.credential.as_ref().map(blackbar::azure::Credential::name), whom);
        assert_eq!((to.compression, to.timeout), (Compression::Gzip(1), limits::EXPORT_TIMEOUT));
        assert_eq!(to.max_request_bytes, limits::AZURE_REQUEST_BYTES);
        assert!(!format!("{config:?}").contains("0000000000ff"), "{config:?}");
    }
}

#[test]
fn application_insights_asks_for_deltas_unless_told_otherwise() {
    use blackbar::export::Temporality::{AsReceived, Delta};
    for (rest, expected) in [
        ("", Delta),
        ("metrics_temporality = \"delta\"", Delta),
        ("metrics_temporality = \"as_received\"", AsReceived),
    ] {
        assert_eq!(good(&insights(rest)).exporters[0].form.temporality, expected, "{rest}");
    }
    let others = good("[[exporters]]\nname = \"a\"\ntype = \"file\"");
    assert_eq!(others.exporters[0].form.temporality, AsReceived);
}

#[test]
fn application_insights_takes_its_connection_string_from_the_environment() {
    let text = "[[exporters]]\nname = \"a\"\ntype = \"application_insights\"\n";
    let parse = |value: &'static str| {
        let environment = move |name: &str| {
            (name == "APPLICATIONINSIGHTS_CONNECTION_STRING").then(|| OsString::from(value))
        };
        Config::parse("b.toml", text, &Overrides::default(), &environment)
            .map_err(|errors| errors.to_string())
    };
    let config = parse("InstrumentationKey=00000000-aaaa-bbbb-cccc-0000000000ff").unwrap();
    let Upstream::ApplicationInsights(to) = &config.exporters[0].upstream else {
        panic!("not that exporter")
    };
    assert_eq!(to.endpoint.to_string(), "https://dc.services.visualstudio.com/v2.1/track");
    let wrong = parse("InstrumentationKey=hunter2").err().unwrap();
    let words = "exporters[0].connection_string: comes from APPLICATIONINSIGHTS_CONNECTION_STRING in the environment, and";
    assert!(wrong.contains(words) && !wrong.contains("hunter2"), "{wrong}");
}

#[test]
fn what_is_wrong_with_application_insights_is_told_at_once() {
    bad(
        "[[exporters]]\nname = \"a\"\ntype = \"application_insights\"\nclient_id = \"c\"",
        &[
            "b.toml:1: exporters[0].connection_string: is missing, and so is \
             APPLICATIONINSIGHTS_CONNECTION_STRING in the environment",
            "b.toml:4: exporters[0].client_id: unknown key; known here: auth, compression, compression_level, \
             connection_string, max_request_bytes, name, timeout, type",
        ],
    );
    bad(
        &insights("max_request_bytes = \"1KiB\"\nauth = \"bearer\"")
            .replace("https://h.example", "http://h.example"),
        &[
            "b.toml:1: exporters[0].token: is missing",
            "b.toml:4: exporters[0].connection_string: has an IngestionEndpoint without https: telemetry would go over \
             the network for all to read",
            "b.toml:5: exporters[0].max_request_bytes: \"1KiB\" is not from 64KiB to 64MiB",
        ],
    );
}

#[test]
fn alerts_go_to_a_file_and_wherever_else_they_are_wanted() {
    let config = good(
        r#"
        [alerts]
        file = "off"
        [[alerts.sinks]]
        name = "soc"
        type = "sentinel"
        endpoint = "https://dce.example/"
        rule = "dcr-1"
        auth = "bearer"
        token = "${env:SECRET}"
        [[alerts.sinks]]
        name = "hook"
        type = "webhook"
        url = "https://hook.example/in?key=x"
        secret = "${env:SECRET}"
        headers = { x-key = "${env:SECRET}" }
        [[alerts.sinks]]
        name = "logs"
        type = "otlp"
        url = "https://otlp.example/v1/logs?key=x"
        headers = { x-key = "${env:SECRET}" }
        [[alerts.sinks]]
        name = "siem"
        type = "syslog"
        address = "siem.example"
        ca_file = "/etc/siem.pem"
        [[alerts.sinks]]
        name = "forwarder"
        type = "syslog"
        address = "[::1]:1514"
        transport = "tcp"
        facility = "authpriv"
        hostname = "proxy1"
        "#,
    );
    let places: Vec<_> = config.alerts.places().collect();
    let sentinel =
        "https://dce.example/dataCollectionRules/dcr-1/streams/Microsoft-ASimAlertEventLogs (bearer token)";
    let (tls, tcp) = ("syslog, siem.example:6514 over TLS", "syslog, ::1:1514 over TCP");
    assert_eq!(places, [sentinel, "https://hook.example", "https://otlp.example/v1/logs", tls, tcp]);
    assert!(!format!("{:?}", config.alerts).contains(SECRET));
    bad(
        r#"[alerts]
file = "off"
"#,
        &["b.toml:2: alerts.file: is off, and there are no sinks: nobody would be told"],
    );
    bad(
        r#"[[alerts.sinks]]
name = "file"
type = "webhook"
url = "http://hook.example"
secret = "short"
[[alerts.sinks]]
name = "soc"
type = "sentinel"
endpoint = "http://dce.example"
rule = "dcr/1"
auth = "bearer"
token = "x"
"#,
        &[
            "b.toml:2: alerts.sinks[0].name: \"file\" is the name of another one; names are unique",
            "b.toml:4: alerts.sinks[0].url: alerts would go over the network for all to read; use https, or set \
             allow_plain_http = true",
            "b.toml:5: alerts.sinks[0].secret: is shorter than 16 bytes; make one with `openssl rand -base64 32`",
            "b.toml:10: alerts.sinks[1].rule: the rule's immutable id (dcr-...) and the stream's name are letters, \
             digits, - and _",
        ],
    );
}

#[test]
fn metrics_keep_their_form_unless_an_exporter_asks() {
    let (temporality, histograms) = (Temporality::Delta, Histograms::Exponential);
    for (more, form) in [
        ("", Form::default()),
        ("metrics_temporality = \"as_received\"\nhistograms = \"as_received\"", Form::default()),
        ("metrics_temporality = \"delta\"", Form { temporality, ..Form::default() }),
        ("histograms = \"exponential\"", Form { histograms, ..Form::default() }),
    ] {
        let config = good(&format!("[[exporters]]\nname = \"a\"\ntype = \"file\"\n{more}"));
        assert_eq!(config.exporters[0].form, form, "{more}");
    }
    bad(
        "[[exporters]]\nname = \"a\"\ntype = \"file\"\nmetrics_temporality = \"cumulative\"",
        &["b.toml:4: exporters[0].metrics_temporality: \"cumulative\" is not one of as_received, delta"],
    );
}

#[test]
fn a_syslog_sink_is_held_to_what_syslog_can_do() {
    let sink = |more: &str| format!("[[alerts.sinks]]\nname = \"siem\"\ntype = \"syslog\"\n{more}");
    for (more, wrong) in [
        ("", "1: alerts.sinks[0].address: is missing"),
        (
            "address = \"a b\"",
            "4: alerts.sinks[0].address: is not an address; write it like \"siem.example.com:6514\"",
        ),
        (
            "address = \"siem:0\"",
            "4: alerts.sinks[0].address: is not an address; write it like \"siem.example.com:6514\"",
        ),
        (
            "address = \"u:p@siem\"",
            "4: alerts.sinks[0].address: is not an address; write it like \"siem.example.com:6514\"",
        ),
        (
            "address = \"siem\"\ntransport = \"tcp\"",
            "5: alerts.sinks[0].transport: alerts would go over the network for all to read; use \"tls\", or set \
             allow_plain_tcp = true",
        ),
        (
            "address = \"localhost\"\ntransport = \"tcp\"\nca_file = \"x\"",
            "6: alerts.sinks[0].ca_file: has no meaning with transport = \"tcp\"",
        ),
        (
            "address = \"siem\"\nhostname = \"a b\"",
            "5: alerts.sinks[0].hostname: \"a b\" is not a name of a machine: write letters, digits, dots and dashes, \
             255 at most",
        ),
        (
            "address = \"siem\"\nfacility = \"kern\"",
            "5: alerts.sinks[0].facility: \"kern\" is not one of user, daemon, auth, authpriv, audit, alert, local0, \
             local1, local2, local3, local4, local5, local6, local7",
        ),
    ] {
        bad(&sink(more), &[&format!("b.toml:{wrong}")]);
    }
    good(&sink("address = \"siem\"\ntransport = \"tcp\"\nallow_plain_tcp = true"));
}
