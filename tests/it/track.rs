//! Application Insights on the loopback: `POST /v2.1/track`, as the specification of the service has it
//! (azure-rest-api-specs, `Monitor.Exporters` v2.1), and strict: what the real one would cut or let pass is refused.

use serde_json::{Map, Value, json};
use std::io::Read as _;
use std::time::{Duration, SystemTime};

pub(crate) const PATH: &str = "/v2.1/track";

/// The resource there is.
pub(crate) const KEY: &str = "00000000-aaaa-bbbb-cccc-0000000000ff";

const ENVELOPE: &str = "Microsoft.ApplicationInsights.";

/// Why an item is refused: a status, and what the service says.
pub(crate) type Refusal = (u16, String);

/// A field: its name, whether there must be one, and what may stand there.
type Field = (&'static str, bool, Kind);

#[derive(Clone, Copy)]
enum Kind {
    /// So many UTF-16 units.
    Text(usize),
    Number,
    Bool,
    Duration,
    Level,
    Ver,
    Properties,
    Measurements,
    Exceptions,
    Metrics,
}

const REST: [Field; 2] =
    [("properties", false, Kind::Properties), ("measurements", false, Kind::Measurements)];

const REQUEST: &[Field] = &[
    ("ver", true, Kind::Ver),
    ("id", true, Kind::Text(128)),
    ("name", false, Kind::Text(1024)),
    ("duration", true, Kind::Duration),
    ("responseCode", true, Kind::Text(1024)),
    ("success", true, Kind::Bool),
    ("url", false, Kind::Text(2048)),
    ("source", false, Kind::Text(1024)),
    REST[0],
    REST[1],
];

const DEPENDENCY: &[Field] = &[
    ("ver", true, Kind::Ver),
    ("id", false, Kind::Text(128)),
    ("name", true, Kind::Text(1024)),
    ("duration", true, Kind::Duration),
    ("resultCode", false, Kind::Text(1024)),
    ("success", false, Kind::Bool),
    ("data", false, Kind::Text(8192)),
    ("target", false, Kind::Text(1024)),
    ("type", false, Kind::Text(1024)),
    REST[0],
    REST[1],
];

const MESSAGE: &[Field] = &[
    ("ver", true, Kind::Ver),
    ("message", true, Kind::Text(32_768)),
    ("severityLevel", false, Kind::Level),
    REST[0],
];

const EXCEPTION: &[Field] = &[
    ("ver", true, Kind::Ver),
    ("exceptions", true, Kind::Exceptions),
    ("severityLevel", false, Kind::Level),
    REST[0],
    REST[1],
];

const THROWN: &[Field] = &[
    ("typeName", false, Kind::Text(1024)),
    ("message", true, Kind::Text(32_768)),
    ("hasFullStack", false, Kind::Bool),
    ("stack", false, Kind::Text(32_768)),
];

const EVENT: &[Field] = &[("ver", true, Kind::Ver), ("name", true, Kind::Text(512)), REST[0], REST[1]];

const METRIC: &[Field] = &[("ver", true, Kind::Ver), ("metrics", true, Kind::Metrics), REST[0]];

const MEASURE: &[Field] = &[
    ("name", true, Kind::Text(1024)),
    ("kind", false, Kind::Text(11)),
    ("value", true, Kind::Number),
    ("count", false, Kind::Number),
    ("min", false, Kind::Number),
    ("max", false, Kind::Number),
];

const TYPES: [(&str, &str, &[Field]); 6] = [
    ("Request", "RequestData", REQUEST),
    ("RemoteDependency", "RemoteDependencyData", DEPENDENCY),
    ("Message", "MessageData", MESSAGE),
    ("Exception", "ExceptionData", EXCEPTION),
    ("Event", "EventData", EVENT),
    ("Metric", "MetricData", METRIC),
];

const TAGS: [(&str, usize); 9] = [
    ("ai.operation.id", 128),
    ("ai.operation.parentId", 128),
    ("ai.operation.name", 1024),
    ("ai.cloud.role", 256),
    ("ai.cloud.roleInstance", 256),
    ("ai.application.ver", 1024),
    ("ai.user.id", 128),
    ("ai.user.authUserId", 1024),
    ("ai.session.id", 64),
];

/// The items of a body, each with why it is refused, if it is. `Err`: it is no request.
pub(crate) fn items(body: &[u8]) -> Result<Vec<(String, Option<Refusal>)>, u16> {
    let text = std::str::from_utf8(body).map_err(|_| 400_u16)?;
    if text.is_empty() {
        return Err(400);
    }
    let lines: Vec<_> = text.split('\n').map(|line| (line.to_owned(), item(line).err())).collect();
    if lines.len() > 64_000 { Err(400) } else { Ok(lines) }
}

fn item(line: &str) -> Result<(), Refusal> {
    let refuse = |why: String| (400, why);
    if line.len() > 64_000 {
        return Err(refuse("the item is too large".to_owned()));
    }
    let item: Map<String, Value> = serde_json::from_str(line).map_err(|_| refuse("no JSON".to_owned()))?;
    if item.get("iKey") != Some(&json!(KEY)) {
        return Err(refuse("Invalid instrumentation key".to_owned()));
    }
    envelope(&item).map_err(refuse)
}

fn envelope(item: &Map<String, Value>) -> Result<(), String> {
    let known = ["ver", "name", "time", "iKey", "tags", "data"];
    if let Some(key) = item.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("unknown field {key}"));
    }
    time(item["time"].as_str().ok_or("no time")?)?;
    let tags = item["tags"].as_object().ok_or("no tags")?;
    for (tag, value) in tags {
        let sdk = ("ai.internal.sdkVersion", 64);
        let most =
            TAGS.iter().chain([&sdk]).find(|(known, _)| known == tag).ok_or(format!("unknown tag {tag}"))?.1;
        text(tag, value, most)?;
    }
    if !tags.contains_key("ai.internal.sdkVersion") {
        return Err("no ai.internal.sdkVersion".to_owned());
    }
    let (name, kind) = (item["name"].as_str(), item["data"]["baseType"].as_str());
    let fits = |(of, base, _): &&(&str, &str, &[Field])| {
        name.and_then(|name| name.strip_prefix(ENVELOPE)) == Some(of) && kind == Some(base)
    };
    let (_, _, fields) = TYPES.iter().find(fits).ok_or("name and baseType do not fit")?;
    object("baseData", &item["data"]["baseData"], fields)
}

fn time(text: &str) -> Result<(), String> {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        19 => byte == b'.',
        27 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 28 || !text.bytes().enumerate().all(shape) {
        return Err(format!("time is not ISO 8601 in UTC: {text}"));
    }
    let at: SystemTime = text.parse::<jiff::Timestamp>().map_err(|error| error.to_string())?.into();
    match SystemTime::now().duration_since(at) {
        Ok(age) if age > Duration::from_secs(48 * 3600) => {
            Err("time is older than the allowed min date".to_owned())
        }
        _ => Ok(()),
    }
}

fn object(what: &str, value: &Value, fields: &[Field]) -> Result<(), String> {
    let object = value.as_object().ok_or(format!("{what} is no object"))?;
    if let Some((name, ..)) =
        fields.iter().find(|(name, required, _)| *required && !object.contains_key(*name))
    {
        return Err(format!("{what} has no {name}"));
    }
    for (name, value) in object {
        let field = fields.iter().find(|(known, ..)| known == name);
        check(name, value, field.ok_or(format!("{what} has an unknown field {name}"))?.2)?;
    }
    Ok(())
}

fn check(name: &str, value: &Value, kind: Kind) -> Result<(), String> {
    let sound = match kind {
        Kind::Text(most) => return text(name, value, most),
        Kind::Number => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::Duration => value.as_str().is_some_and(is_duration),
        Kind::Level => ["Verbose", "Information", "Warning", "Error", "Critical"]
            .map(|level| json!(level))
            .contains(value),
        Kind::Ver => *value == json!(2),
        Kind::Properties => {
            let properties = value.as_object().ok_or("properties are no object")?;
            return properties.iter().try_for_each(|(key, value)| {
                text("a property's name", &json!(key), 150)?;
                text(key, value, 8192).or_else(|why| if value == "" { Ok(()) } else { Err(why) })
            });
        }
        Kind::Measurements => {
            let short = |key: &String| !key.is_empty() && key.encode_utf16().count() <= 150;
            value
                .as_object()
                .is_some_and(|all| all.iter().all(|(key, value)| short(key) && value.is_number()))
        }
        Kind::Exceptions => {
            let all = value.as_array().filter(|all| !all.is_empty()).ok_or("no exceptions")?;
            return all.iter().try_for_each(|one| object(name, one, THROWN));
        }
        Kind::Metrics => {
            let all = value.as_array().filter(|all| all.len() == 1).ok_or("not one metric")?;
            return all.iter().try_for_each(|one| object(name, one, MEASURE));
        }
    };
    if sound { Ok(()) } else { Err(format!("{name} is not what it should be: {value}")) }
}

/// A text that says something.
fn text(name: &str, value: &Value, most: usize) -> Result<(), String> {
    let units = value.as_str().ok_or(format!("{name} is no text"))?.encode_utf16().count();
    if (1..=most).contains(&units) { Ok(()) } else { Err(format!("{name} has {units} of {most} units")) }
}

/// `d.hh:mm:ss.fffffff`, less than a thousand days.
fn is_duration(text: &str) -> bool {
    let Some((days, rest)) = text.split_once('.') else { return false };
    let shape = rest.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        8 => byte == b'.',
        3 | 6 => (b'0'..=b'5').contains(&byte),
        _ => byte.is_ascii_digit(),
    });
    let hours = rest.get(..2).and_then(|hours| hours.parse::<u8>().ok());
    days.parse::<u16>().is_ok_and(|days| days < 1000)
        && shape
        && rest.len() == 16
        && hours.is_some_and(|hours| hours < 24)
}

/// What the service says of items.
pub(crate) fn told(received: usize, errors: &[(usize, Refusal)]) -> String {
    let one = |(index, (code, message)): &(usize, Refusal)| json!({"index": index, "statusCode": code, "message": message});
    let errors: Vec<_> = errors.iter().map(one).collect();
    json!({"itemsReceived": received, "itemsAccepted": received - errors.len(), "errors": errors}).to_string()
}

pub(crate) fn inflated(encoding: Option<&str>, body: &[u8]) -> Result<Vec<u8>, u16> {
    let mut inflated = Vec::new();
    match encoding {
        Some("gzip") => flate2::read::GzDecoder::new(body).read_to_end(&mut inflated).map_err(|_| 400_u16)?,
        None => std::io::Cursor::new(body).read_to_end(&mut inflated).map_err(|_| 400_u16)?,
        Some(_) => return Err(415),
    };
    Ok(inflated)
}
