//! What a key of an object says of what stands beside it: that it is a name, a value, a program, arguments.

/// Bytes of a key, from its end, that are looked at: more than any that is known has.
const KNOWN: usize = 16;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    #[default]
    None,
    /// What the value beside it is called.
    Name,
    /// It may be, and something else may be better.
    OtherName,
    /// What goes by that name.
    Value,
    /// It may, and says something itself.
    OtherValue,
    /// Says how a value is written and not what it is.
    Type,
    /// A program, or all of a command.
    Command,
    /// The arguments of one.
    Arguments,
    /// The names of the columns of a table.
    Columns,
}

impl Role {
    /// Whether it is that of a value.
    pub(super) const fn is_value(self) -> bool {
        matches!(self, Self::Value | Self::OtherValue)
    }

    /// That of a key, in any case of its letters.
    pub(super) fn of(key: &[u8]) -> Self {
        // OTLP's own, in both spellings, and DynamoDB's.
        if matches!(key, b"stringValue" | b"string_value" | b"bytesValue" | b"intValue" | b"S" | b"N") {
            return Self::Type;
        }
        let mut lower = [0; KNOWN];
        match lowercase(key, &mut lower) {
            b"name" | b"key" | b"field" | b"variable" | b"var" | b"env" | b"header" | b"param"
            | b"option" | b"label" | b"k" | b"envvar" | b"env_var" | b"parameterkey" => Self::Name,
            b"value" | b"val" | b"default" => Self::Value,
            // What a browser is told to do: `{"selector": "#password", "text": "..."}`.
            b"selector" | b"element" => Self::OtherName,
            b"data" | b"secret" | b"text" | b"v" => Self::OtherValue,
            b"command" | b"cmd" | b"program" | b"executable" | b"exe" | b"binary" | b"entrypoint" => {
                Self::Command
            }
            b"args" | b"argv" | b"arguments" | b"command_args" | b"commandargs" | b"cmdline"
            | b"command_line" => Self::Arguments,
            b"columns" | b"column_names" | b"columnnames" | b"cols" | b"headers" => Self::Columns,
            // Names of things, and of no value.
            b"tool_name" | b"toolname" | b"function_name" | b"functionname" | b"file_name" | b"filename"
            | b"hostname" | b"host_name" | b"user_name" | b"username" | b"containername"
            | b"container_name" | b"displayname" | b"display_name" => Self::None,
            other if other.ends_with(b"name") => Self::OtherName,
            other if other.ends_with(b"value") => Self::OtherValue,
            _ => Self::None,
        }
    }
}

/// The end of a key in lower case.
fn lowercase<'b>(key: &[u8], buffer: &'b mut [u8; KNOWN]) -> &'b [u8] {
    let (_, end) = key.split_at(key.len().saturating_sub(KNOWN));
    let Some(lower) = buffer.get_mut(..end.len()) else { return &[] };
    lower.copy_from_slice(end);
    buffer.make_ascii_lowercase();
    buffer.get(..end.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_stands_beside_it() {
        for (key, role) in [
            ("name", Role::Name),
            ("Key", Role::Name),
            ("ParameterKey", Role::Name),
            ("secretName", Role::OtherName),
            ("a_rather_long_variable_name", Role::OtherName),
            ("selector", Role::OtherName),
            ("text", Role::OtherValue),
            ("toolName", Role::None),
            ("not_a_tool_name", Role::OtherName),
            ("VALUE", Role::Value),
            ("ParameterValue", Role::OtherValue),
            ("stringValue", Role::Type),
            ("StringValue", Role::OtherValue),
            ("S", Role::Type),
            ("s", Role::None),
            ("columns", Role::Columns),
            ("cmd", Role::Command),
            ("commandArgs", Role::Arguments),
            ("my_own_container_name", Role::OtherName),
            ("", Role::None),
        ] {
            assert_eq!(Role::of(key.as_bytes()), role, "{key}");
        }
    }
}
