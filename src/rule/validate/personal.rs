//! What a person is called, where and when: values that have no shape of their own and are told by what
//! stands before them.
//!
//! **Bias.** Their names stand in source code far more often than with a value, so here, unlike under the
//! name of a secret, whatever may be code, a type, a label or a hint is spared.
//!
//! Lists of first and last names find the authors of everything; they are for where little else tells of a name
//! (see [`super::names`]).

use super::number::date::is_day;
use super::{Match, Verdict, placeholder};

/// Words that are the type or the label of a value, if they are all of it.
const LABELS: [&str; 46] = [
    "address",
    "age",
    "birth",
    "car",
    "card",
    "change",
    "charfield",
    "city",
    "column",
    "date",
    "datetime",
    "default",
    "default_value",
    "email",
    "enter",
    "error",
    "example",
    "fake",
    "field",
    "first",
    "foo",
    "here",
    "id",
    "input",
    "invalid",
    "label",
    "last",
    "license",
    "missing",
    "mobile",
    "n/a",
    "name",
    "new",
    "not",
    "number",
    "or",
    "phone",
    "please",
    "required",
    "street",
    "test",
    "text",
    "the",
    "this",
    "unknown",
    "varchar",
];

/// Words that a hint begins with.
const HINTS: [&str; 13] = [
    "enter", "your", "please", "e", "example", "the", "not", "no", "must", "should", "invalid", "missing",
    "choose",
];

/// Words that tell a company, a team or a program from a person, or that begin a sentence.
const NO_NAMES: [&str; 126] = [
    "The",
    "This",
    "That",
    "These",
    "It",
    "If",
    "In",
    "No",
    "Not",
    "New",
    "All",
    "And",
    "For",
    "From",
    "With",
    "Inc",
    "Ltd",
    "LLC",
    "GmbH",
    "AG",
    "Corp",
    "Corporation",
    "Company",
    "Foundation",
    "Team",
    "Group",
    "Bot",
    "Project",
    "Projects",
    "Authors",
    "Contributors",
    "Developers",
    "Maintainers",
    "Maintainer",
    "Software",
    "Systems",
    "Labs",
    "Security",
    "Support",
    "Copyright",
    "License",
    "Copilot",
    "Claude",
    "GitHub",
    "Github",
    "Google",
    "Microsoft",
    "Amazon",
    "Mozilla",
    "Debian",
    "Ubuntu",
    "Linux",
    "Rust",
    "Python",
    "Developer",
    "Developement",
    "List",
    "Mailing",
    "Bug",
    "Bugs",
    "Report",
    "Services",
    "Service",
    "Users",
    "Release",
    "Manager",
    "Packaging",
    "Address",
    "Email",
    "Name",
    "Your",
    "Author",
    "Test",
    "User",
    // What programs and places are called by a given name.
    "Agent",
    "Airport",
    "Assistant",
    "Avenue",
    "Chat",
    "Connector",
    "Kernel",
    "Metrics",
    "Model",
    "Ops",
    "Optimizer",
    "Pipeline",
    "Planner",
    "Process",
    "Proxy",
    "Road",
    "Server",
    "St",
    "Station",
    "Street",
    "University",
    "Wallet",
    // Things that have labels of people, and whom a letter is from or to.
    "Connect",
    "Customer",
    "Data",
    "Department",
    "Direction",
    "Engineering",
    "Equipo",
    "Explorer",
    "Helpdesk",
    "Hotel",
    "Ihr",
    "Industries",
    "Kundenservice",
    "Leak",
    "Loop",
    "M\u{fc}\u{15f}terimiz",
    "President",
    "Queue",
    "Resources",
    "Soporte",
    "Success",
    "Widgets",
    // Whom a letter greets, and what stands in a signature or over a form.
    "Advisor",
    "Bonjour",
    "Buenos",
    "Guten",
    "Hallo",
    "Ihre",
    "Registration",
    // Nobody in particular.
    "Doe",
];

/// Whom stories, games and drinks have behind a title, by the title and the name.
const FICTIONS: [(&str, &str); 28] = [
    ("Dr", "Doc"),
    ("Dr", "Doolittle"),
    ("Dr", "Dre"),
    ("Dr", "Evil"),
    ("Dr", "House"),
    ("Dr", "Jekyll"),
    ("Dr", "Mario"),
    ("Dr", "Martens"),
    ("Dr", "Pepper"),
    ("Dr", "Seuss"),
    ("Dr", "Strange"),
    ("Dr", "Strangelove"),
    ("Dr", "Watson"),
    ("Dr", "Web"),
    ("Dr", "Who"),
    ("Frau", "Holle"),
    ("Madame", "Tussauds"),
    ("Mr", "Bean"),
    ("Mr", "Clean"),
    ("Mr", "Coffee"),
    ("Mr", "Hyde"),
    ("Mr", "Potato"),
    ("Mr", "Robot"),
    ("Mr", "Spock"),
    ("Mrs", "Dalloway"),
    ("Mrs", "Doubtfire"),
    ("Mrs", "Robinson"),
    ("Ms", "Pac"),
];

/// Bytes before a name in which such a title stands.
const TITLE: usize = 8;

/// What is counted, before a word that a street could end in (`12 Rules Road map`).
const COUNTED: [&str; 14] = [
    "Bit", "Bits", "Core", "Days", "Factor", "Hour", "Hours", "Minute", "Minutes", "Phase", "Rules", "Stage",
    "Step", "Weeks",
];

/// Directories below the one of homes that belong to no person, and what stands for one.
const NO_USERS: [&str; 140] = [
    "root",
    "runner",
    "runneradmin",
    "ubuntu",
    "vscode",
    "node",
    "user",
    "users",
    "username",
    "user_name",
    "app",
    "admin",
    "administrator",
    "build",
    "builder",
    "buildbot",
    "circleci",
    "jenkins",
    "gitpod",
    "codespace",
    "travis",
    "vagrant",
    "docker",
    "debian",
    "centos",
    "fedora",
    "ec2-user",
    "azureuser",
    "opc",
    "pi",
    "git",
    "www",
    "www-data",
    "nginx",
    "postgres",
    "mysql",
    "redis",
    "jovyan",
    "linuxbrew",
    "homebrew",
    "public",
    "shared",
    "default",
    "guest",
    "nobody",
    "me",
    "you",
    "your",
    "yourname",
    "name",
    "foo",
    "bar",
    "baz",
    "test",
    "tester",
    "testuser",
    "dev",
    "developer",
    "example",
    "someone",
    "somebody",
    "container",
    "containeruser",
    "containeradministrator",
    "coder",
    "sandbox",
    "agent",
    "ci",
    "deploy",
    "worker",
    "vsts",
    "vssadministrator",
    "appveyor",
    "nonroot",
    "node_modules",
    "oai",
    "service",
    "svc",
    "system",
    "defaultuser0",
    "home",
    "project",
    "myself",
    "him",
    "external",
    "staging",
    "dist",
    // Pages, where it is no directory but the address of a site.
    "dashboard",
    "settings",
    "page",
    "pages",
    "index",
    "profile",
    "about",
    "login",
    "overview",
    "feed",
    "main",
    "explore",
    "notifications",
    "welcome",
    // Services, and what examples have.
    "appuser",
    "dockremap",
    "http",
    "staff",
    "wheel",
    "ansible",
    "elasticsearch",
    "conda",
    "solr",
    "tomcat",
    "zookeeper",
    "minio",
    "vault",
    "consul",
    "nomad",
    "oracle",
    "hadoop",
    "spark",
    "codex",
    "gitlab-runner",
    "daemon",
    "airflow",
    "grafana",
    "kafka",
    "prometheus",
    "rabbitmq",
    "ftp",
    "none",
    "user1",
    "group1",
    "domain",
    "apache",
    "httpd",
    "lighttpd",
    "caddy",
    "web",
    "site",
    "sites",
    "abc",
];

/// A value under a name that says it is about a person.
pub(super) fn value(matched: Match<'_>) -> Verdict {
    let value = placeholder::trim(matched.secret());
    let odd = |byte: &u8| b"(){}<>[]$=;_|*%\\!?".contains(byte);
    let code = value.iter().any(odd) || super::code::is_member(value) || is_camel(value);
    let blank = value.len() < 2 || !value.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte > 127);
    let is_in = |word: &str, list: &[&str]| list.contains(&word.to_ascii_lowercase().as_str());
    let hint = words(value).next().is_some_and(|word| is_in(word, &HINTS));
    let label = hint || words(value).all(|word| is_in(word, &LABELS));
    if code || blank || label { Verdict::Reject } else { placeholder::judge(matched) }
}

/// Words that begin with a capital, none of which is that of a company, a program or a sentence.
pub(super) fn name(matched: Match<'_>) -> Verdict {
    let name = placeholder::trim(matched.secret());
    let other = words(name).any(|word| NO_NAMES.contains(&word) || word.len() > 24);
    let shouted = name.len() > 3 && !name.iter().any(u8::is_ascii_lowercase) && name.is_ascii();
    Verdict::keep_if(!other && !shouted && words(name).next().is_some())
}

/// The same behind a title, and nobody that a story made up.
pub(super) fn titled(matched: Match<'_>) -> Verdict {
    let title = words(matched.just_before(TITLE)).last().unwrap_or_default();
    let called = words(matched.secret()).next().unwrap_or_default();
    if FICTIONS.contains(&(title, called)) || called == "Dr" { Verdict::Reject } else { name(matched) }
}

/// An address that is not one of those that licences of free software give of their foundation, and not the
/// year and the name of a notice (`2016 Ada Lane`), nor a number of things (`12 Rules Road`).
pub(super) fn street(matched: Match<'_>) -> Verdict {
    let address = matched.secret();
    let published = [&b"51 Franklin St"[..], b"59 Temple Pl", b"675 Mass", b"171 Second St"];
    let year = matches!(address, [b'1', b'9', _, _, b' ', ..] | [b'2', b'0', _, _, b' ', ..]);
    let is_notice = year && !address.contains(&b',');
    let is_other = published.iter().any(|start| address.starts_with(start));
    let is_count = words(address).nth(1).is_some_and(|word| COUNTED.contains(&word));
    Verdict::keep_if(!is_other && !is_notice && !is_count)
}

/// The name of a user, not of a service or of anybody.
pub(super) fn user(matched: Match<'_>) -> Verdict {
    let Ok(user) = std::str::from_utf8(matched.secret()) else { return Verdict::Keep };
    let plain = user.to_ascii_lowercase();
    // A page of a site that is called `home`, and a site.
    let is_file = plain.ends_with(".js") || plain.ends_with(".html") || plain.starts_with("www.");
    let service = is_file || NO_USERS.contains(&plain.as_str()) || plain.len() < 2;
    let mask = plain.trim_matches('x').is_empty() || plain.starts_with("redacted");
    Verdict::keep_if(!service && !mask && plain.bytes().any(|byte| byte.is_ascii_alphabetic() || byte > 127))
}

/// A day that there is, in a year in which somebody who lives was born, in any order of its parts.
pub(super) fn birth_date(matched: Match<'_>) -> Verdict {
    let text = String::from_utf8_lossy(matched.secret()).into_owned();
    let numbers: Vec<u32> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let is_year = |year: u32| (1900..=2030).contains(&year) || year < 100;
    let is = match *numbers.as_slice() {
        [one, two, three] => {
            (is_year(three) && (is_day(two, one) || is_day(one, two))) || (is_year(one) && is_day(two, three))
        }
        // The month is a word.
        [day, year] if text.bytes().any(|byte| byte.is_ascii_alphabetic()) => {
            is_year(year) && (1..=31).contains(&day)
        }
        [packed] if text.len() == 8 => {
            (is_year(packed / 10_000) && packed > 19_000_000 && is_day(packed / 100 % 100, packed % 100))
                || (is_year(packed % 10_000) && is_day(packed / 10_000 % 100, packed / 1_000_000))
        }
        _ => false,
    };
    Verdict::keep_if(is)
}

/// One or two numbers with three decimals at least, which are a latitude or a longitude. Zero is nowhere.
pub(super) fn coordinates(matched: Match<'_>) -> Verdict {
    let text = String::from_utf8_lossy(matched.secret()).into_owned();
    let parts = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')));
    let mut places = parts.filter(|part| part.bytes().any(|byte| byte.is_ascii_digit()));
    let is_place = |part: &str| {
        let fine = part.split_once('.').is_some_and(|(_, decimals)| decimals.len() >= 3);
        fine && part.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= 180.0 && degrees.abs() > 0.01)
    };
    Verdict::keep_if(places.clone().next().is_some() && places.all(is_place))
}

/// What white space and punctuation part.
fn words(text: &[u8]) -> impl Iterator<Item = &str> {
    let part = |byte: &u8| byte.is_ascii_whitespace() || matches!(*byte, b',' | b'.' | b':' | b'/' | b'-');
    text.split(part).filter(|word| !word.is_empty()).filter_map(|word| std::str::from_utf8(word).ok())
}

/// `firstName`: the name of a field. `McAdam` is none.
fn is_camel(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_kept_and_code_labels_and_hints_are_not() {
        for text in [
            "Ada",
            "O'Brien-Smith",
            "12 Acme Road",
            "\u{17d}ofia",
            "ada",
            "1980-03-12",
            "A+",
            "\u{4f50}\u{85e4}",
            "\u{418}\u{432}\u{430}\u{43d}",
        ] {
            check(value, &format!("first_name: \u{ab}{text}\u{bb}"), Verdict::Keep);
        }
        for text in [
            "String",
            "string",
            "<first name>",
            "{{ name }}",
            "first_name",
            "firstName",
            "First name",
            "getName()",
            "self.name",
            "Enter your name",
            "VARCHAR",
            "null",
            "xxxx",
            "...",
            "$NAME",
            "%s",
            "x",
            "[REDACTED:x]",
        ] {
            check(value, &format!("first_name: \u{ab}{text}\u{bb}"), Verdict::Reject);
        }
    }

    #[test]
    fn names_are_of_people() {
        for text in ["Ada Lovelace", "J. R. Tolkien", "Ren\u{e9}e O'Connor", "\u{c5}sa \u{d6}berg"] {
            check(name, text, Verdict::Keep);
        }
        for text in [
            "The Rust Project Developers",
            "Acme Inc",
            "Acme GmbH",
            "GitHub",
            "Release Team",
            "ACME",
            "Guten Tag",
            "Senior HR Advisor",
        ] {
            check(name, text, Verdict::Reject);
        }
    }

    #[test]
    fn who_has_a_title_is_not_made_up() {
        check(titled, "Mr. \u{ab}Lovelace\u{bb}", Verdict::Keep);
        check(titled, "Dr. \u{ab}Ada Watson\u{bb}", Verdict::Keep);
        for text in ["Mr. \u{ab}Robot\u{bb}", "Ms. \u{ab}Pac-Man\u{bb}", "Herr \u{ab}Dr\u{bb}. Lovelace"] {
            check(titled, text, Verdict::Reject);
        }
    }

    #[test]
    fn addresses_are_not_that_of_a_licence() {
        check(street, "12 Acme Street", Verdict::Keep);
        check(street, "51 Franklin Street", Verdict::Reject);
        check(street, "2016 Ada Lane", Verdict::Reject);
        check(street, "24 Hour Drive", Verdict::Reject);
        check(street, "2016 Acme Lane, Springfield, IL 62704", Verdict::Keep);
        check(street, "59 Temple Place, Suite 330, Boston, MA 02111", Verdict::Reject);
    }

    #[test]
    fn users_are_people() {
        for text in ["ada", "ada.lovelace", "alovelace7", "jo"] {
            check(user, text, Verdict::Keep);
        }
        for text in [
            "root",
            "runner",
            "Administrator",
            "ubuntu",
            "xxx",
            "user",
            "1000",
            "x",
            "REDACTED",
            "index.js",
            "httpd",
            "www.acme.example",
        ] {
            check(user, text, Verdict::Reject);
        }
    }

    #[test]
    fn a_day_of_birth_is_a_day() {
        for text in [
            "1980-03-12",
            "12.03.1980",
            "03/12/1980",
            "12/3/80",
            "12 March 1980",
            "March 12, 1980",
            "19800312",
        ] {
            check(birth_date, text, Verdict::Keep);
        }
        for text in ["1980-13-32", "32.13.1980", "12.03.1780", "3.1", "20269999", "2.0.0"] {
            check(birth_date, text, Verdict::Reject);
        }
    }

    #[test]
    fn coordinates_are_a_place() {
        for text in ["52.51631", "-0.12776", "52.51631, 13.37772", "52.51631,-113.37772"] {
            check(coordinates, text, Verdict::Keep);
        }
        for text in ["52.5", "0.000", "181.51631", "52", "52.51631, 13"] {
            check(coordinates, text, Verdict::Reject);
        }
    }
}
