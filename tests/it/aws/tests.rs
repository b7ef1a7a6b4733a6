//! The fake itself: an independent client must understand it, and it must refuse what AWS refuses.
