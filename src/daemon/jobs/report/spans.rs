//! Stretches of time: begin and end, which they leave out. Lists are in order, and theirs do not touch.

use jiff::Timestamp;

/// A stretch of time.
pub(super) type Span = (Timestamp, Timestamp);

/// What of `whole` none of the spans covers, whatever their order.
pub(super) fn uncovered(whole: Span, spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<_> = spans.into_iter().filter(|(begin, end)| begin < end).collect();
    spans.sort_unstable();
    let mut open = Vec::new();
    let mut reached = whole.0;
    for (begin, end) in spans {
        if whole.1 <= begin {
            break;
        }
        if reached < begin {
            open.push((reached, begin));
        }
        reached = reached.max(end);
    }
    if reached < whole.1 {
        open.push((reached, whole.1));
    }
    open
}

/// What lies in either list.
pub(super) fn either(left: &[Span], right: &[Span]) -> Vec<Span> {
    let mut all: Vec<_> = left.iter().chain(right).copied().collect();
    all.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (begin, end) in all {
        match joined.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((begin, end)),
        }
    }
    joined
}

/// What lies in both lists.
pub(super) fn both(left: &[Span], right: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    for (begin, end) in left {
        for (other_begin, other_end) in right {
            let (begin, end) = (*begin.max(other_begin), *end.min(other_end));
            if begin < end {
                common.push((begin, end));
            }
        }
    }
    common.sort_unstable();
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: u8) -> Timestamp {
        Timestamp::from_second(i64::from(second)).expect("in time")
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::vec((0_u8..30, 0_u8..30), 0..6)
            .prop_map(|pairs| pairs.into_iter().map(|(a, b)| (at(a.min(b)), at(a.max(b)))).collect())
    }

    fn holds(spans: &[Span], moment: Timestamp) -> bool {
        spans.iter().any(|(begin, end)| *begin <= moment && moment < *end)
    }

    proptest! {
        #[test]
        fn every_moment_lies_where_it_should(one in spans(), other in spans()) {
            let whole = (at(3), at(27));
            let (left, right) = (uncovered(whole, one.iter().copied()), uncovered(whole, other.iter().copied()));
            for second in 0..30 {
                let moment = at(second);
                let inside = whole.0 <= moment && moment < whole.1;
                prop_assert_eq!(holds(&left, moment), inside && !holds(&one, moment));
                prop_assert_eq!(holds(&either(&left, &right), moment), holds(&left, moment) || holds(&right, moment));
                prop_assert_eq!(holds(&both(&left, &right), moment), holds(&left, moment) && holds(&right, moment));
            }
        }

        #[test]
        fn lists_are_in_order_and_theirs_do_not_touch(one in spans(), other in spans()) {
            let whole = (at(3), at(27));
            let (left, right) = (uncovered(whole, one), uncovered(whole, other));
            for list in [&left, &right, &either(&left, &right)] {
                prop_assert!(list.windows(2).all(|pair| pair[0].1 < pair[1].0), "{:?}", list);
            }
        }
    }
}
