//! Rules as gitleaks and betterleaks write them, in TOML.

use super::{Foreign, Group};
use toml::{Table, Value};

/// The rules of a file, and what it says besides.
pub(super) fn read(text: &str) -> Result<(Vec<Foreign>, Vec<String>), String> {
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        format!("line {}: {}", line(error.span().map_or(0, |span| span.start)), error.message())
    })?;
    let Some(Value::Array(rules)) = table.get("rules") else {
        return Err("it has no [[rules]]: is it a configuration of gitleaks?".to_owned());
    };
    let known = ["title", "description", "rules", "minVersion"];
    let lost = table.keys().filter(|key| !known.contains(&key.as_str()));
    let lost = lost.map(|key| format!("`{key}` of the file")).collect();
    Ok((rules.iter().filter_map(Value::as_table).map(rule).collect(), lost))
}

fn rule(table: &Table) -> Foreign {
    let text = |key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut rule = Foreign {
        id: text("id"),
        name: text("id").replace(['-', '_'], " "),
        description: text("description"),
        pattern: text("regex"),
        group: match table.get("secretGroup").and_then(Value::as_integer) {
            None | Some(0) => Group::First,
            Some(number) => Group::Number(u32::try_from(number).unwrap_or(0)),
        },
        entropy: table.contains_key("entropy"),
        tags: texts(table, "tags"),
        ..Foreign::default()
    };
    for key in table.keys() {
        match key.as_str() {
            "id" | "description" | "regex" | "secretGroup" | "tags" => {}
            // What has to stand in a text is read off the pattern here.
            "keywords" => {}
            "entropy" => {
                rule.lost.push("the threshold of `entropy`: see the validator of that name".to_owned())
            }
            other => rule.lost.push(format!("`{other}`")),
        }
    }
    rule
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
