//! The structure of the file for those who do not see it: headings, paragraphs, lists and tables, down to the pieces of
//! text on the pages.

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    /// A section, or a part of one.
    Section,
    /// A heading of that level.
    Heading(u16, String),
    /// A paragraph.
    Paragraph,
    /// A list; numbered or not.
    List(bool),
    /// An item of a list.
    Item,
    /// What an item says.
    Body,
    /// A table.
    Table,
    /// A table's caption.
    Caption,
    /// A row.
    Row,
    /// A cell that names a column.
    ColumnName,
    /// A cell that names a row.
    RowName,
    /// A cell.
    Cell,
    /// A picture, in words.
    Picture(String),
    /// A link.
    Link,
}

/// A node, by its place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(usize);

/// A piece of text or a link on a page, by its place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf(pub usize);

enum Child {
    Node(NodeId),
    Leaf(Leaf),
}

/// The tree as it grows.
pub(super) struct Tree {
    nodes: Vec<(Role, Vec<Child>)>,
    leaves: usize,
}

impl Tree {
    /// A tree with nothing but its root.
    pub fn new() -> Self {
        Self { nodes: vec![(Role::Section, Vec::new())], leaves: 0 }
    }

    /// The root.
    pub const ROOT: NodeId = NodeId(0);

    /// A new node below `parent`.
    pub fn node(&mut self, parent: NodeId, role: Role) -> NodeId {
        let node = NodeId(self.nodes.len());
        self.nodes.push((role, Vec::new()));
        self.nodes[parent.0].1.push(Child::Node(node));
        node
    }

    /// A new piece of a page below `parent`.
    pub fn leaf(&mut self, parent: NodeId) -> Leaf {
        let leaf = Leaf(self.leaves);
        self.leaves += 1;
        self.nodes[parent.0].1.push(Child::Leaf(leaf));
        leaf
    }

    /// How many pieces there are.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// The tree as the file holds it. Pieces that came on no page are left out.
    pub fn finish(mut self, mut drawn: Vec<Option<Identifier>>) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
        for child in std::mem::take(&mut self.nodes[Self::ROOT.0].1) {
            if let Some(node) = self.built(child, &mut drawn) {
                tree.push(node);
            }
        }
        tree
    }

    fn built(&mut self, child: Child, drawn: &mut [Option<Identifier>]) -> Option<Node> {
        let node = match child {
            Child::Leaf(leaf) => return drawn.get_mut(leaf.0).and_then(Option::take).map(Into::into),
            Child::Node(node) => node,
        };
        let mut group = TagGroup::new(tag(&self.nodes[node.0].0));
        for child in std::mem::take(&mut self.nodes[node.0].1) {
            if let Some(node) = self.built(child, drawn) {
                group.push(node);
            }
        }
        Some(group.into())
    }
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Section => Tag::Section.into(),
        Role::Heading(level, title) => {
            Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(title.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::List(true) => Tag::L(ListNumbering::Decimal).into(),
        Role::List(false) => Tag::L(ListNumbering::Disc).into(),
        Role::Item => Tag::LI.into(),
        Role::Body => Tag::LBody.into(),
        Role::Table => Tag::Table.into(),
        Role::Caption => Tag::Caption.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnName => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowName => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::Picture(words) => Tag::Figure(Some(words.clone())).into(),
        Role::Link => Tag::Link.into(),
    }
}
