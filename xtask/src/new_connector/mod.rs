//! `cargo xtask new-connector`: the folder of a new tool with the files that every connector has, and its line in the list.
//! It compiles, signs in with an API token and says whose account it is; capabilities are added where the tool has them.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::command;
use crate::repository::Repository;

/// Where connectors live, and the list of them.
const FOLDER: &str = "crates/connectors/src";
const LIST: &str = "crates/connectors/src/lib.rs";

/// Name in the folder and text, with `{{…}}` where the wish goes.
const TEMPLATES: [(&str, &str); 7] = [
    ("README.md", include_str!("templates/README.md.txt")),
    ("mod.rs", include_str!("templates/mod.rs.txt")),
    ("manifest.rs", include_str!("templates/manifest.rs.txt")),
    ("wire.rs", include_str!("templates/wire.rs.txt")),
    ("map.rs", include_str!("templates/map.rs.txt")),
    ("tests.rs", include_str!("templates/tests.rs.txt")),
    ("fixtures/me.json", include_str!("templates/me.json.txt")),
];

/// What is known of the tool.
#[derive(Args)]
pub struct Wish {
    /// Stable id, as in addresses and configuration: `google-meet`.
    id: String,
    /// As its vendor writes it: "Google Meet".
    #[arg(long)]
    title: String,
    #[arg(long)]
    category: Category,
    /// One line on the card, without a full stop.
    #[arg(long)]
    purpose: String,
    /// The API's address, without a slash at the end.
    #[arg(long)]
    base_url: String,
    /// The path that tells whose account it is.
    #[arg(long)]
    whoami: String,
    /// The vendor's page about its API.
    #[arg(long)]
    docs: String,
}

/// As `connector_kit::manifest::Category`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Category {
    Calendar,
    Crm,
    Communication,
    ProjectManagement,
    Video,
    ContactCentre,
}

/// Writes the folder and the line.
pub fn run(repository: &Repository, wish: &Wish) -> Result<()> {
    wish.check()?;
    let module = wish.id.replace('-', "_");
    let folder = format!("{FOLDER}/{module}");
    if repository.path(&folder).exists() {
        bail!("{folder} is there already");
    }
    let list = listed(&repository.read(LIST)?, &module, &wish.type_name()).with_context(|| format!("{LIST} is not as expected"))?;
    for (file, template) in TEMPLATES {
        repository.write(&format!("{folder}/{file}"), &wish.fill(template))?;
    }
    repository.write(LIST, &list)?;
    command::run(&mut command::cargo(repository, &["fmt", "--package", "connectors"]))?;
    eprintln!("wrote {folder} and its line in {LIST}; what comes next: docs/ADDING-A-CONNECTOR.md");
    Ok(())
}

impl Wish {
    /// Everything lands in source text: what would break out of it is refused.
    fn check(&self) -> Result<()> {
        let id = self.id.split('-').all(|word| word.starts_with(|first: char| first.is_ascii_lowercase()) && word.chars().all(is_of_an_id));
        if !id {
            bail!("the id `{}` must be lower-case words and digits joined by `-`, each word beginning with a letter", self.id);
        }
        if !self.whoami.starts_with('/') {
            bail!("the path `{}` must begin with `/`", self.whoami);
        }
        for address in [&self.base_url, &self.docs] {
            if !address.starts_with("https://") || address.ends_with('/') {
                bail!("the address `{address}` must begin with https:// and end without a slash");
            }
        }
        for text in [&self.title, &self.purpose, &self.base_url, &self.whoami, &self.docs] {
            if text.trim().is_empty() || text.contains(['"', '\\', '{', '}']) || text.chars().any(char::is_control) {
                bail!("`{text}` is empty or holds signs that do not fit into a text in Rust");
            }
        }
        Ok(())
    }

    /// `google-meet` as `GoogleMeet`.
    fn type_name(&self) -> String {
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        self.id.split('-').map(capital).collect()
    }

    fn fill(&self, template: &str) -> String {
        let values = [
            ("{{id}}", self.id.clone()),
            ("{{type}}", self.type_name()),
            ("{{category}}", format!("{:?}", self.category)),
            ("{{title}}", self.title.clone()),
            ("{{purpose}}", self.purpose.clone()),
            ("{{base_url}}", self.base_url.clone()),
            ("{{whoami}}", self.whoami.clone()),
            ("{{docs}}", self.docs.clone()),
        ];
        values.iter().fold(template.to_owned(), |text, (mark, value)| text.replace(mark, value))
    }
}

fn is_of_an_id(sign: char) -> bool {
    sign.is_ascii_lowercase() || sign.is_ascii_digit()
}

/// The list with the new module before the others (rustfmt puts it in its place) and the tool at the end of the catalogue.
fn listed(text: &str, module: &str, type_name: &str) -> Result<String> {
    let modules = ["\n#[cfg(test)]\nmod ", "\nmod "].into_iter().filter_map(|start| text.find(start)).min();
    let (head, rest) = text.split_at(modules.context("it holds no module")? + 1);
    let all = rest.find("vec![").context("it holds no `vec![`")?;
    let (before, after) = rest.split_at(all + rest[all..].find(']').context("its `vec![` is not closed")?);
    let comma = if before.trim_end().ends_with([',', '[']) { "" } else { "," };
    Ok(format!("{head}mod {module};\n{}{comma}\nArc::new({module}::{type_name}),\n{after}", before.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(id: &str) -> Wish {
        Wish {
            id: id.to_owned(),
            title: "Demo Boards".to_owned(),
            category: Category::ProjectManagement,
            purpose: "Action items as cards".to_owned(),
            base_url: "https://api.boards.example".to_owned(),
            whoami: "/me".to_owned(),
            docs: "https://boards.example/api".to_owned(),
        }
    }

    #[test]
    fn every_template_is_filled_to_the_last_mark() {
        for (file, template) in TEMPLATES {
            let text = wish("demo-boards").fill(template);
            assert!(!text.contains("{{") && !text.contains("todo"), "{file}: {text}");
            let source = file.rsplit('.').next() == Some("rs");
            assert_eq!(source, text.starts_with("//! "), "{file} says what lives in it");
        }
        assert!(wish("demo-boards").fill(TEMPLATES[1].1).contains("impl Connector for DemoBoards {"));
    }

    #[test]
    fn the_list_gets_a_module_and_a_line() {
        let list = "//! Head.\n\n#[cfg(test)]\nmod emulated;\nmod slack;\n\npub fn all() -> Vec<Arc<dyn Connector>> {\n    vec![Arc::new(slack::Slack)]\n}\n";
        let wanted = "//! Head.\n\nmod boards;\n#[cfg(test)]\nmod emulated;\nmod slack;\n\npub fn all() -> Vec<Arc<dyn Connector>> {\n    vec![Arc::new(slack::Slack),\nArc::new(boards::Boards),\n]\n}\n";
        assert_eq!(listed(list, "boards", "Boards").unwrap(), wanted);
        assert!(listed("//! Nothing.\n", "boards", "Boards").is_err());
    }

    #[test]
    fn what_would_break_out_of_the_source_is_refused() {
        assert!(wish("demo-boards").check().is_ok());
        for id in ["", "Boards", "demo--boards", "3boards", "demo_boards", "../boards"] {
            assert!(wish(id).check().is_err(), "{id}");
        }
        assert!(Wish { title: "a \" b".to_owned(), ..wish("boards") }.check().is_err());
        assert!(Wish { docs: "http://boards.example".to_owned(), ..wish("boards") }.check().is_err());
        assert!(Wish { whoami: "me".to_owned(), ..wish("boards") }.check().is_err());
    }
}
