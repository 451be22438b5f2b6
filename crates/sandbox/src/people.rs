//! The people of the demo organisation, by role. Each tool knows the first few of them.

/// Where they have their mailboxes.
pub(crate) const DOMAIN: &str = "demo.example";

/// Somebody of the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colleague {
    /// What stands before the `@`.
    pub mailbox: &'static str,
    /// People are called by their role.
    pub name: &'static str,
}

impl Colleague {
    pub(crate) fn email(&self) -> String {
        format!("{}@{DOMAIN}", self.mailbox)
    }
}

/// The first one runs things; the first four are the product's team; the last four research.
pub(crate) const PEOPLE: [Colleague; 8] = [
    colleague("project.manager", "Project Manager"),
    colleague("marketing", "Marketing"),
    colleague("user.interface", "User Interface"),
    colleague("industrial.designer", "Industrial Designer"),
    colleague("professor.a", "Professor A"),
    colleague("professor.b", "Professor B"),
    colleague("phd.student", "PhD Student"),
    colleague("postdoc", "Postdoc"),
];

/// Who has left, and is still in some lists.
pub(crate) const FORMER: Colleague = colleague("former.colleague", "Former Colleague");

const fn colleague(mailbox: &'static str, name: &'static str) -> Colleague {
    Colleague { mailbox, name }
}
