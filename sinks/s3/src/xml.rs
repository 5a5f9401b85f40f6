//! Reads the answers of a store.

use quick_xml::{Reader, XmlVersion, escape::resolve_predefined_entity, events::Event};

/// An element of a document, with what is in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Element {
    /// Its name, without a namespace.
    pub(crate) name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document. Returns `None` if it is not complete XML.
    pub(crate) fn read(document: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(str::from_utf8(document).ok()?);
        // What the document is in, then the elements that are open.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Self::named(start.local_name().as_ref())),
                Event::Empty(empty) => {
                    let element = Self::named(empty.local_name().as_ref());
                    open.last_mut()?.children.push(element);
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => {
                    open.last_mut()?.text.push_str(&text.xml_content(XmlVersion::Implicit1_0));
                }
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(entity) => {
                    let text = match entity.resolve_char_ref().ok()? {
                        Some(char) => char.to_string(),
                        None => resolve_predefined_entity(&entity)?.to_owned(),
                    };
                    open.last_mut()?.text.push_str(&text);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let [document] = <[Self; 1]>::try_from(open).ok()?;
        document.children.into_iter().next()
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The elements in it with this name.
    pub(crate) fn all<'e, 'n>(&'e self, name: &'n str) -> impl Iterator<Item = &'e Self> + use<'e, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the element in it with this name, such as a key, which may start or end with spaces. An empty one counts
    /// as absent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let text = self.all(name).next()?.text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// The same for a text where spaces around it mean nothing, such as a number.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.text(name).map(str::trim).filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn elements_are_found_by_name_and_entities_are_text() {
        let document = br#"<?xml version="1.0" encoding="UTF-8"?>
            <List xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Empty/>
              <Part><ETag>&quot;a&#38;b&quot;</ETag></Part><Part><ETag><![CDATA["c"]]></ETag></Part>
            </List>"#;
        let list = Element::read(document).unwrap();
        assert_eq!(list.name, "List");
        let etags: Vec<_> = list.all("Part").map(|part| part.text("ETag").unwrap()).collect();
        assert_eq!(etags, ["\"a&b\"", "\"c\""]);
        assert_eq!((list.text("Empty"), list.text("Absent")), (None, None));
    }

    #[test]
    fn spaces_are_part_of_a_text_and_not_of_a_word() {
        let list =
            Element::read(b"<List><Key> a&#32;</Key><Id>&#x20;</Id><Size>\n 7 </Size></List>").unwrap();
        assert_eq!(["Key", "Id"].map(|name| list.text(name)), [Some(" a "), Some(" ")]);
        assert_eq!(["Key", "Id", "Size"].map(|name| list.word(name)), [Some("a"), None, Some("7")]);
    }

    #[test]
    fn a_document_that_is_cut_off_is_not_read() {
        for document in ["", "  ", "<A><B>x</B>", "<A>", "no XML"] {
            assert_eq!(Element::read(document.as_bytes()), None, "{document}");
        }
    }
}
