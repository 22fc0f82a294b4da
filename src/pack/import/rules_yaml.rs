//! Rules as Nosey Parker and Kingfisher write them, in YAML.

use super::yaml::Yaml;
use super::{Foreign, Group};

/// The group that Kingfisher calls the secret.
const TOKEN: &str = "TOKEN";

/// The rules of a file, and what it says besides.
pub(super) fn read(text: &str) -> Result<(Vec<Foreign>, Vec<String>), String> {
    let file = Yaml::read(text)?;
    let Some(Yaml::List(rules)) = file.get("rules") else {
        return Err("it has no `rules:`: is it a file of rules of Nosey Parker or Kingfisher?".to_owned());
    };
    let Yaml::Map(members) = &file else { return Ok((Vec::new(), Vec::new())) };
    let lost =
        members.iter().filter(|(key, _)| key != "rules").map(|(key, _)| format!("`{key}` of the file"));
    Ok((rules.iter().map(rule).collect(), lost.collect()))
}

fn rule(from: &Yaml) -> Foreign {
    let text = |key: &str| from.get(key).and_then(Yaml::text).unwrap_or_default().trim().to_owned();
    let texts = |key: &str| from.get(key).map(Yaml::texts).unwrap_or_default();
    let pattern = text("pattern");
    let group = if pattern.contains(&format!("<{TOKEN}>")) { Group::Named(TOKEN) } else { Group::Only };
    let mut rule = Foreign {
        id: text("id"),
        name: text("name"),
        description: text("description"),
        group,
        confidence: from.get("confidence").and_then(Yaml::text).map(str::to_owned),
        references: texts("references"),
        tags: texts("categories"),
        examples: texts("examples"),
        negative_examples: texts("negative_examples"),
        entropy: from.get("min_entropy").is_some(),
        off: text("visible") == "false",
        pattern,
        ..Foreign::default()
    };
    let Yaml::Map(members) = from else { return rule };
    for (key, _) in members {
        match key.as_str() {
            "id" | "name" | "description" | "pattern" | "confidence" | "references" | "categories"
            | "examples" | "negative_examples" => {}
            "visible" if !rule.off => {}
            "visible" => rule.lost.push("`visible`: it is off until somebody switches it on".to_owned()),
            "min_entropy" => {
                rule.lost.push("the threshold of `min_entropy`: see the validator `entropy`".to_owned());
            }
            other => rule.lost.push(format!("`{other}`")),
        }
    }
    rule
}
