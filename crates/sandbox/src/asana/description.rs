//! Where Asana's description says less than Asana's own documents: the one amendment to it.

use serde_json::{Value, json};

/// A list is described by compact objects, and `opt_fields` brings any field of the whole ones (developers.asana.com/docs/inputoutput-options;
/// the parameter's own values name them).
pub(super) fn amend(document: &mut Value) {
    let whole = |reference: &str| Some(format!("{}Response", reference.strip_suffix("Compact")?));
    let known: Vec<String> = document["components"]["schemas"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    for path in document["paths"].as_object_mut().into_iter().flatten().map(|(_, path)| path) {
        let Some(item) = path.pointer_mut("/get/responses/200/content/application~1json/schema/properties/data/items/$ref") else {
            continue;
        };
        let Some(wanted) = item.as_str().and_then(whole) else { continue };
        if known.iter().any(|name| wanted.ends_with(&format!("/{name}"))) {
            *item = json!(wanted);
        }
    }
}
