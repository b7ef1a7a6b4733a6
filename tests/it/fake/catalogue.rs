//! What operations take, and how they page.

/// A member of an input; `K` is what members of the provider can hold.
#[derive(Debug, Clone, Copy)]
pub struct Member<K> {
    pub name: &'static str,
    pub kind: K,
    pub required: bool,
}

pub const fn optional<K: Copy>(name: &'static str, kind: K) -> Member<K> {
    Member { name, kind, required: false }
}

pub const fn required<K: Copy>(name: &'static str, kind: K) -> Member<K> {
    Member { name, kind, required: true }
}

/// How an operation pages.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// The token in the request.
    pub asked: &'static str,
    /// The token in the answer.
    pub given: &'static str,
    /// The member that says that there is more, where there is one.
    pub flag: Option<&'static str>,
}
