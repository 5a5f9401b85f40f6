use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn reported(left: u64, seconds: u64) -> Reported {
    Reported::requests(left, at(seconds))
}

#[test]
fn one_request_goes_until_the_first_answer() {
    let mut budget = Budget::default();
    assert_eq!([budget.enter(at(0)), budget.enter(at(0))], [Turn::Now, Turn::AfterAnother]);
    budget.note(None, at(1));
    budget.leave();
    assert_eq!(
        [budget.enter(at(1)), budget.enter(at(1))],
        [Turn::Now; 2],
        "without a reported limit there is none"
    );
}

/// A server may report any number.
#[test]
fn a_period_that_never_ends_is_waited_for() {
    let mut budget = Budget::default();
    for now in [1, 2] {
        budget.enter(at(now));
        budget.note(Some(reported(0, u64::MAX)), at(now));
        budget.leave();
    }
    assert_eq!(budget.enter(at(3)), Turn::Later(Duration::MAX.saturating_sub(at(3))));
}

#[test]
fn a_budget_is_spent_to_the_last_request_and_then_waited_for() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(reported(2, 60)), at(1));
    budget.leave();
    assert_eq!(budget.enter(at(2)), Turn::Now);
    assert_eq!(budget.enter(at(2)), Turn::Now);
    assert_eq!(budget.enter(at(2)), Turn::AfterAnother, "those in flight may be counted already");
    for left in [1, 0] {
        budget.note(Some(reported(left, 58)), at(3));
        budget.leave();
    }
    assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
    assert_eq!(budget.enter(at(61)), Turn::Now);
    assert_eq!(budget.enter(at(61)), Turn::AfterAnother, "the limit of the new period is not known yet");
}

#[test]
fn a_new_period_does_not_wait_for_requests_of_the_last_one() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(reported(2, 60)), at(1));
    budget.leave();
    assert_eq!([budget.enter(at(2)), budget.enter(at(2))], [Turn::Now; 2]);
    budget.note(Some(reported(0, 58)), at(3));
    budget.leave();
    assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
    assert_eq!(budget.enter(at(61)), Turn::Now, "though one is still in flight");
    assert_eq!(budget.enter(at(61)), Turn::AfterAnother);
    budget.note(Some(reported(9, 60)), at(62));
    budget.leave();
    assert_eq!(budget.enter(at(62)), Turn::Now);
}

#[test]
fn a_late_answer_changes_nothing() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(reported(5, 60)), at(1));
    budget.note(Some(reported(7, 61)), at(2));
    let left = |left, seconds| Known::Left { left, cost: 1, more: More::At(at(seconds)) };
    assert_eq!(budget.known, left(5, 61));
    budget.note(Some(reported(9, 60)), at(62));
    assert_eq!(budget.known, left(9, 122), "a new period");
}

#[test]
fn a_period_of_unknown_end_begins_with_the_first_report() {
    let within = |left| Some(Reported { left, cost: 1, renewal: Renewal::Within(at(10)) });
    let mut budget = Budget::default();
    assert_eq!(budget.enter(at(0)), Turn::Now);
    budget.note(within(1), at(1));
    budget.leave();
    assert_eq!(budget.enter(at(5)), Turn::Now);
    budget.note(within(0), at(6));
    budget.leave();
    assert_eq!(budget.enter(at(6)), Turn::Later(at(5)), "the second report does not move the end");
    assert_eq!(budget.enter(at(11)), Turn::Now);
    budget.note(within(7), at(12));
    budget.leave();
    assert_eq!(budget.known, Known::Left { left: 7, cost: 1, more: More::At(at(22)) });
}

/// A budget of at most 1000 points. 100 come back each second.
fn points(left: u64, cost: u64) -> Reported {
    let per_second = NonZeroU64::new(100).unwrap();
    Reported { left, cost, renewal: Renewal::Restored { per_second, most: 1000 } }
}

#[test]
fn points_come_back_by_the_second() {
    let mut budget = Budget::default();
    assert_eq!([budget.enter(at(0)), budget.enter(at(0))], [Turn::Now, Turn::AfterAnother]);
    budget.note(Some(points(150, 400)), at(0));
    budget.leave();
    assert_eq!(budget.enter(at(0)), Turn::Later(Duration::from_millis(2500)));
    assert_eq!(budget.enter(at(2)), Turn::Later(Duration::from_millis(500)));
    assert_eq!(budget.enter(Duration::from_millis(2500)), Turn::Now);
    assert_eq!(budget.enter(at(4)), Turn::AfterAnother, "the one in flight is paid for as well");
    assert_eq!(budget.enter(Duration::from_millis(6500)), Turn::Now);
}

#[test]
fn there_are_never_more_points_than_the_most() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(points(0, 400)), at(0));
    budget.leave();
    let later = [(); 3].map(|()| budget.enter(at(3600)));
    assert_eq!(later, [Turn::Now, Turn::Now, Turn::AfterAnother]);
}

#[test]
fn a_request_that_costs_more_than_there_can_be_is_sent_once_there_is_the_most() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(points(900, 2000)), at(0));
    budget.leave();
    assert_eq!(budget.enter(at(0)), Turn::Later(at(1)));
    assert_eq!(budget.enter(at(1)), Turn::Now);
}

#[test]
fn of_answers_to_requests_at_once_the_lower_number_counts() {
    let mut budget = Budget::default();
    budget.enter(at(0));
    budget.note(Some(points(1000, 100)), at(0));
    budget.leave();
    assert_eq!([budget.enter(at(0)), budget.enter(at(0))], [Turn::Now; 2]);
    for left in [500, 900] {
        budget.note(Some(points(left, 100)), at(0));
        budget.leave();
    }
    assert_eq!([(); 6].map(|()| budget.enter(at(0))), {
        let mut turns = [Turn::Now; 6];
        turns[5] = Turn::AfterAnother;
        turns
    });
    let mut alone = Budget::default();
    alone.enter(at(0));
    alone.note(Some(points(100, 100)), at(0));
    alone.leave();
    alone.enter(at(0));
    alone.note(Some(points(900, 100)), at(0));
    assert_eq!(left_of(&alone), 900, "what a request did not cost comes back");
}

fn left_of(budget: &Budget) -> u64 {
    match budget.known {
        Known::Left { left, .. } => left,
        _ => panic!("nothing is known"),
    }
}
