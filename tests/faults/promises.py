"""What is promised beside the wire, and the test that shows it."""

from __future__ import annotations

from typing import NamedTuple


class Promise(NamedTuple):
    """One line of docs/reliability.md.

    Attributes:
        fault: what happens.
        result: what a user gets.
        test: the module below `tests`, and the function in it.
    """

    fault: str
    result: str
    test: str


PROMISES: dict[str, tuple[Promise, ...]] = {
    "The client": (
        Promise(
            "`timeout` is `None`, NaN, infinite, a text, 0 or negative",
            "`InvalidInput` when the client is made; nothing is sent",
            "faults.test_client:test_a_timeout_is_refused_when_the_client_is_made",
        ),
        Promise(
            "the client is closed",
            "`ConfigurationError`",
            "faults.test_client:test_a_closed_client_says_so",
        ),
        Promise(
            "an asynchronous client is used in a second event loop",
            "`ConfigurationError`",
            "faults.test_client:test_a_second_event_loop_is_told",
        ),
        Promise(
            "a file that is read slowly, in an asynchronous program",
            "the event loop goes on",
            "faults.test_client:test_a_slow_file_doesnt_stop_the_event_loop",
        ),
        Promise(
            "all connections are taken",
            "`TimedOut` at the deadline; not in doubt, for nothing was sent",
            "faults.test_client:test_waiting_for_a_connection_has_a_deadline",
        ),
        Promise(
            "two pages of a listing come in turn, for ever",
            "`ProtocolError`: the listing is incomplete",
            "faults.test_client:test_pages_in_turn_end_with_an_error",
        ),
        Promise(
            "the server cuts a funnel short (max-rows)",
            "`ProtocolError` that names the setting; of a sample, a warning",
            "faults.test_client:test_a_funnel_that_is_cut_is_no_funnel",
        ),
        Promise(
            "the host's name is never found",
            "`TimedOut` at the deadline; not in doubt",
            "faults.test_client:test_a_name_that_is_never_found_has_a_deadline",
        ),
        Promise(
            "there is no such host",
            "`Unavailable`; not in doubt",
            "faults.test_client:test_a_name_that_no_host_has",
        ),
        Promise(
            "one of a host's addresses leads nowhere",
            "the next one is tried",
            "faults.test_client:test_an_address_that_leads_nowhere_isnt_the_last",
        ),
        Promise(
            "`HTTP_PROXY`, `ALL_PROXY` and the like are set",
            "none of them is asked: they stand there for other programs. "
            "`CAMPAIGN_PROXY=http://proxy.example.com:3128`, in the environment, is heeded by all "
            "that leaves this machine over HTTP; a `transport` of your own goes before",
            "faults.test_client:test_no_proxy_of_the_environment_is_asked",
        ),
        Promise(
            "the answer is lost, and then nobody listens, or too much was asked",
            "in doubt all the same",
            "core.test_transport:test_a_doubt_stays_whatever_comes_after_it",
        ),
        Promise(
            "a refusal quotes key or token",
            "neither is in the error",
            "core.test_transport:test_no_refusal_quotes_key_or_token",
        ),
        Promise(
            "an iterable brings its contacts or events slowly, in an asynchronous program",
            "the event loop goes on",
            "faults.test_client:test_a_slow_iterable_doesnt_stop_the_event_loop",
        ),
        Promise(
            "a request is cancelled, in an asynchronous program",
            "its connection is given back",
            "faults.test_client:test_a_cancelled_request_gives_its_connection_back",
        ),
        Promise(
            "a page has a row twice",
            "`ProtocolError`: the listing is incomplete",
            "faults.test_client:test_a_row_that_comes_twice_is_no_listing",
        ),
        Promise(
            "max-rows cuts any other set of rows",
            "it is paged, or a `ProtocolError` that names the setting",
            "faults.test_shapes:test_what_max_rows_cuts_is_whole_or_told",
        ),
        Promise(
            "an upsert of one contact is answered with five",
            "`ProtocolError`, in doubt",
            "faults.test_client:test_sums_are_compared_with_what_was_sent",
        ),
        Promise(
            "the renewed session is somebody else's",
            "`AuthUnavailable`; the session stays whose it is",
            "faults.test_client:test_a_renewal_with_somebody_elses_session_is_refused",
        ),
        Promise(
            "`watch` is told to wait for an hour",
            "it looks again after 30 seconds at most",
            "faults.test_client:test_watch_waits_half_a_minute_at_most",
        ),
        Promise(
            "Realtime answers with a redirect",
            "it isn't followed; `watch` goes on by looking",
            "faults.test_client:test_realtime_follows_no_redirect",
        ),
    ),
    "Drafting": (
        Promise(
            "the model's head, or its body, comes in crumbs",
            "`DraftingError` (`timeout`) at the deadline",
            "faults.test_drafting:test_a_model_in_crumbs_ends_at_the_deadline",
        ),
        Promise(
            "a small answer unpacks to more than 8 MB",
            "`DraftingError`",
            "faults.test_drafting:test_what_comes_out_of_a_compressed_draft_counts",
        ),
        Promise(
            "the model's server answers in another encoding or form, or quotes the key",
            "`DraftingError`, in which the key isn't",
            "faults.test_drafting:test_no_answer_of_a_model_raises_what_isnt_ours",
        ),
        Promise(
            "the model's server answers with a redirect",
            "`DraftingError`; the key stays here",
            "faults.test_drafting:test_a_redirect_doesnt_take_the_key_along",
        ),
    ),
    "Files": (
        Promise(
            "the disk is full, or the file too large for it",
            "exit code 8 with the file's name; the old file stays, no part is left",
            "faults.test_files:test_a_full_disk_leaves_the_old_file",
        ),
        Promise(
            "whoever writes a file is killed",
            "the old file stays; who writes it next removes the part",
            "faults.test_files:test_the_part_of_a_killed_writer_goes_with_the_next",
        ),
        Promise(
            "an export is written to `/dev/full`",
            "exit code 8",
            "faults.test_files:test_dev_full_is_no_bug",
        ),
        Promise(
            "an encoding is unknown, or lacks a character",
            "`InvalidInput` with the file's name; the old file stays",
            "faults.test_files:test_an_encoding_that_lacks_a_character",
        ),
        Promise(
            "a device is given to be read (`/dev/zero`)",
            "`InvalidInput`: it has no end",
            "faults.test_files:test_what_has_no_end_isnt_read",
        ),
        Promise(
            "a pipe is written to that nobody reads",
            "exit code 8 after ten seconds",
            "faults.test_files:test_a_pipe_that_nobody_reads_isnt_waited_for",
        ),
        Promise(
            "the session file is a pipe, a link, a folder or somebody else's",
            "`ConfigurationError` that names it, at once",
            "faults.test_files:test_session_files_that_are_none",
        ),
    ),
    "The command line": (
        Promise(
            "Ctrl-C in its first second",
            "exit code 130, one line, no traceback",
            "faults.test_screen:test_ctrl_c_in_the_first_second",
        ),
        Promise(
            "it is told to end (SIGTERM, SIGHUP)",
            "exit code 143 or 129, one line; what was begun is put away",
            "faults.test_screen:test_a_command_that_is_told_to_end_leaves_no_part",
        ),
        Promise(
            "a name, a field or an error holds what steers a terminal",
            "it is shown, and steers nothing",
            "faults.test_screen:test_nothing_of_the_data_steers_a_terminal",
        ),
        Promise(
            "`--limit` is larger than any number of rows",
            "exit code 8",
            "faults.test_screen:test_a_huge_limit_is_no_bug",
        ),
        Promise(
            "an import or an ingestion is cut off",
            "it says how far it came, and that giving all again is safe",
            "faults.test_screen:test_a_cut_import_says_how_far_it_came",
        ),
        Promise(
            "nobody knows whether a campaign was created",
            "the remedy is to look first, with the command that shows it",
            "faults.test_screen:test_a_write_in_doubt_says_where_to_look",
        ),
    ),
    "Writes": (
        Promise(
            "the answer to a write that can't be repeated as it is (a creation, a launch, an "
            "erasure, a new key) is lost",
            "it is asked for again by an id of the request, and is answered as the first one was",
            "core.test_writing:test_a_person_is_erased_once",
        ),
    ),
    "The local stack": (
        Promise(
            "PostgreSQL cuts connections in the middle of transactions",
            "it stays up, and answers the next requests",
            "local.test_damage:test_it_survives_connections_that_are_cut",
        ),
        Promise(
            "a backend of PostgreSQL is killed, and it recovers",
            "it stays up, and answers the next requests",
            "local.test_damage:test_it_survives_connections_that_are_cut",
        ),
        Promise(
            "a connection ends while others wait for it, or for its answer",
            "each is answered: with an error, or by the next connection",
            "local.test_driver:test_no_connection_that_ends_takes_a_request_along",
        ),
        Promise(
            "the database's guard is killed",
            "the database is ended as well, and starts again",
            "local.test_damage:test_a_database_whose_guard_was_killed_is_ended_and_starts_again",
        ),
        Promise(
            "its settings are damaged",
            "one line with the remedy; `reset` mends it",
            "local.test_damage:test_damaged_settings_are_one_line_with_the_remedy",
        ),
        Promise(
            "its settings have another password than the database",
            "one line with the remedy, at once",
            "local.test_damage:test_another_password_than_the_databases_is_told_at_once",
        ),
        Promise(
            "its folder is another version's",
            "one line with the remedy",
            "local.test_damage:test_a_database_of_another_version_is_told",
        ),
        Promise(
            "SIGTERM while it starts",
            "nothing is left",
            "local.test_damage:test_sigterm_while_it_starts_leaves_nothing",
        ),
        Promise(
            "SIGKILL while it starts",
            "the next start removes what is left",
            "local.test_damage:test_what_a_killed_start_has_left_is_removed_by_the_next",
        ),
        Promise(
            "its settings or its lock are a pipe, a device or a folder",
            "one line that names it, at once",
            "faults.test_files:test_settings_of_a_stack_that_are_none",
        ),
        Promise(
            "it is started three times at once",
            "one start",
            "local.test_damage:test_three_starts_at_once_are_one",
        ),
        Promise(
            "whoever starts it is killed before it is up",
            "the start ends as well",
            "local.test_damage:test_a_start_that_nobody_waits_for_any_more_ends",
        ),
    ),
}
