package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// What somebody can do, by what is the case. All words of advice stand here, for every answer that gives
// some; {here} stands for the flags that point a command at the same ledger.
const (
	// The schedule, and the checkpoint that it moves.
	doFirstRun    = "acsync run{here} --dry-run shows what the first one would do"
	doSeeSchedule = "see whether the schedule still runs, and what the last pass says"
	doSendDue     = "see whether the schedule still runs: each run sends what is due"
	doRunNow      = "run acsync run{here} now: what was marked done more than %s ago (sync.max_age) is " +
		"skipped as stale already, and needs a back-fill"
	doAwaitRun    = "nothing while the run comes forward: it moves the checkpoint with each window"
	doSeeStuck    = "see what the run under way waits for: it has not come forward lately"
	doLetWait     = "let the scheduled run wait for its turn (--if-locked wait=10m)"
	doAwaitHolder = "%s holds the ledger: passes go on when it has ended"
	doAwaitClock  = "nothing: a clock was wrong, and from then on passes go on by themselves"
	doReadAhead   = "a clock was wrong: acsync run{here} names the back-fill that reads what is marked " +
		"done until then"
	doLengthen     = "lengthen sync.overlap: what comes later waits for the look back of each day (sync.reread)"
	doAskMissed    = doLengthen + "; a back-fill asks those that were missed"
	doLengthenPast = "lengthen sync.overlap: what Kustomer's search shows later than that waits for the look " +
		"back of each day (sync.reread)"

	// A database that was put back.
	doAwaitData = "nothing: passes ask Agent Connect's data when agent_connect.verify_after is over, and go " +
		"on by themselves if these show nobody who is missing"
	doReadmit = "set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET, then run acsync ledger " +
		"rebuild{here}; to take it as it is, which asks again whoever is missing: acsync ledger " +
		"check{here} --accept-restored"

	// A pass that ended early. What is left of a plan or a range nothing else sends as it was meant.
	doRun           = "acsync run{here} goes on"
	doApply         = "the same acsync apply{here} FILE sends the rest of its plan"
	doBackfill      = "the same acsync backfill{here} goes on"
	doFindKiller    = "find out what killed it; %s, nothing is lost, and what it was sending is in doubt"
	doFindKillerOf  = "Find out what killed %s; %s, and acsync status{here} shows what it left."
	doApplyAgain    = "the same apply again sends the rest, as long as the plan is valid"
	doRepeatRange   = "Not finished%s: it goes on at %s with --from %s --to %s."
	doGoOn          = "Not finished%s. Left: %s. %s"
	doApplyThis     = "acsync apply{here} %s carries out exactly that, or less."
	doPlanAnew      = "Make a new one with acsync plan{here}."
	doApplyRest     = "Not finished: " + doApplyAgain + "."
	doApplyLimited  = "Stopped at --%s: " + doApplyAgain + "."
	doNoMoreInPlan  = "Stopped at --max: the plan holds no more."
	doWaitForNext   = "Stopped at --%s: what is scheduled waits for the next pass."
	haltedByFuse    = "A fuse blew: %s Nothing more was sent; %s."
	haltedByOutage  = "Agent Connect took nothing more: %s %s."
	DoSeeLog        = "see the log of that pass, and acsync help exit-codes"
	DoSeeBelow      = "see what was rejected or is in doubt, below"
	DoAwaitNextPass = "nothing if the next pass ends well; otherwise see its log"
	DoRunAgain      = "the next run goes on; nothing is lost"
	DoRenewKey      = "renew the key, or give it the role, that acsync check{here} names; the next run goes on"
	DoSeeFuse       = "see why the fuse blew before the next pass goes on with the rest"

	// A rehearsal. What is wrong with one is mended, and it is begun anew: nobody real was asked.
	doSeeRehearsed = "Look at the test address, and at Agent Connect's API status page, which lists each of " +
		"these under Test Requests. One that is not there went to its customer: then " +
		"agent_connect.test_api_key is the production key."
	doRehearseOn    = "Stopped at --%s: the next acsync rehearse{here} goes on."
	doRehearseAgain = "%s; then acsync rehearse{here} --restart tries again"
	doLeave         = "nothing: no customer was asked"
	doUnknownFirst  = "nothing: a rehearsal does not know who was asked first"

	// What is in doubt. Nobody is told to decide by hand what was not asked, or is too early to tell.
	doSettle = "acsync resolve{here} settles these with the API secret; without it look the ids up in " +
		"Agent Connect and decide by hand"
	doResolveNow = "%s; acsync resolve{here} does now"
	doByHand     = "acsync resolve{here} --id ID --accept, --resend or --drop"
	doLookUp     = "look the ids below up in Agent Connect, then " + doByHand
	doLookUpOld  = "Agent Connect's data have not settled these for a day: %s"
	doSeeDoubts  = "See acsync status{here} for what is in doubt by now; acsync resolve{here} settles it."
	doSeeByHand  = "See acsync status{here} for what is in doubt by now; look the ids up in Agent " +
		"Connect, then " + doByHand + "."
	doAskAgain = "Agent Connect's data could not be read to their end, so that nothing is known of these: " +
		"acsync resolve{here} asks again, and so does each pass."
	doAskLater = "It is too early to tell what did not arrive: acsync resolve{here} can from %s on, and " +
		"so does each pass."
	doDecide = "What Agent Connect's data do not tell, each pass asks them again. To decide by hand, look " +
		"the ids up there first, because what is sent again may be a second mail: acsync resolve{here} " +
		"--id ID, with --accept, --resend or --drop."
	doWarnResent = "%s out again with the next acsync run{here}: whoever did get the first mail is asked twice. " +
		"Look them up in Agent Connect before that."
	doDecideOne = "acsync resolve{here} --id %s"
	doChoose    = "with one of --accept, --resend, --drop"

	// What was rejected, is tried again, or cannot be told.
	doTryAgain    = "nothing if passes go on: they try again; the log says what keeps them from it"
	doFindRefusal = "find out why Agent Connect does not take them: after 72 h they are given up"
	doForNext     = "for the next ones: %s"
	doSeeReasons  = "acsync passes{here} says what to do for each reason"
	doMendReasons = "mend what the reasons name before more are lost: " + doSeeReasons
	finalReasons  = "not sent again by itself; " + doSeeReasons
	doMend        = "mend the expression (acsync rules test{here} shows it)"
	doReadWords   = "mend what Agent Connect's own words name"
	doRetry       = "%s; then acsync retry{here} --reason %s asks again"
	doRetryOne    = "%s; then acsync retry{here} --id %s asks again"
	doSeeFiles    = "What to do about %s stands beside them in the files of --report."

	doExpect = "What differs stands below, as was expected → as it is decided now. Where that is meant, " +
		"write the expectations anew."

	// What is taken up again.
	doAwaitRetry = "acsync run{here}, or the next scheduled run, reads these again, decides anew, and asks."
	doRetryLive  = "The same without --dry-run does it."
	doAskOld     = "%s marked done longer ago than sync.max_age (%s), and asked about all the same."
	doAskTwice   = "%s may have arrived: these customers may be asked twice."
	doDareRetry  = "To ask all the same, look the ids up in Agent Connect first, because these customers " +
		"may be asked twice: acsync retry{here} --id ID --may-have-arrived."
	doRetryAgain = "Agent Connect's data could not be read to their end, so that nothing is known of what " +
		"may have arrived: the same command asks them again."
	doRetryLater  = "It is too early to tell what did not arrive: the same command can from %s on."
	doLookAtOne   = "acsync explain{here} %s says what would happen now"
	doResolveIt   = "acsync resolve{here} settles it"
	doSeeProfiles = "Set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET: with it the profiles are read."
	doSeeOne      = "acsync explain{here} ID shows one of them in full"

	// What a report of conversations tells. What lies behind {here} is the range.
	doAudit        = "acsync audit{here}%s names them, and can queue them"
	doAuditOutside = "acsync audit{here}%s names them"
	doAuditShown   = "a day later acsync audit{here}%s tells whether they are lost"
	doAskUnheld    = "acsync ledger rebuild{here} --since %s takes over whom others have asked; then " +
		"acsync backfill{here}%s asks the rest"
	doAskUnheldBlind = "whom others have asked only Agent Connect's data tell, which need the API secret: " +
		"without it acsync backfill{here}%s asks them again"
	doKnowMore = "Whether they were mailed, and have answered, only Agent Connect's data tell: to " +
		"read them, " + doSetSecret + "."

	// An audit. What lies behind {here} are its flags, or the range of a back-fill.
	doMendAll   = "acsync audit{here}%s --fix %s; with --dry-run it shows that alone."
	doMark      = "acsync audit{here}%s --fix marks it as accepted"
	doQueue     = "acsync audit{here}%s --fix queues it, and the next pass asks"
	doMakeRoom  = "%s found no room: once what is queued has been sent, the same command goes on."
	doAskOne    = "acsync backfill{here} --from %s --to %s asks"
	doAskOneOld = "too old for passes (sync.max_age): " + doAskOne
	doAskBefore = "from before the ledger's time: " + doAskOne
	doAskRange  = "%s never asked and %s too old to be queued (sync.max_age, or from before the " +
		"ledger's time): acsync backfill{here} --from %s --to %s asks them, whatever their age; see it with --dry-run first."
	doAskRangeAfter = "%s never asked and %s too old to be queued (sync.max_age, or from before the " +
		"ledger's time): first acsync ledger rebuild{here} --since %s, or whom others have asked is asked " +
		"again; then acsync backfill{here} --from %s --to %s asks them, whatever their age; see it with " +
		"--dry-run first."
	doAskOnceThere    = "once there is a ledger that knows whom others have asked, " + doAskOne
	doAskAllOnceThere = "To ask those who were never asked: acsync init{here} --adopt --since %s makes a " +
		"ledger that knows whom others have asked; then acsync backfill{here} --from %s --to %s --dry-run " +
		"shows whom it would ask."
	doLookUpOne = "look it up in Agent Connect, whose data were not read back to its beginning; if it is not " +
		"there, " + doAskOne
	doLookUpAll = "%s never asked as far as Agent Connect's data were read, and may have been before: look " +
		"these up there, and do not ask them otherwise."
	doAuditAgain = "audit it again later: Agent Connect's data lack most of what the ledger has sent, and " +
		"prove nothing"
	doAuditAgainAll = "%s never asked as far as Agent Connect's data show, and these lack most of what the " +
		"ledger has sent: they prove nothing, and nothing is queued. Run the same audit again later; acsync check{here} " +
		"tells whether the key and the secret are of the right account."
	doAskTheData = "%s never asked as far as the ledger knows; whether others have asked is told with the API " +
		"secret alone."
	doAskTheDataOne = "audit it with the API secret, which tells whether others have asked"
	doMendLive      = "Without --dry-run the same command %s."
	mendsNow        = "This command %s."
	nothingToMend   = "Nothing can be mended."
	doFindAsker     = "find out what else asks, such as a workflow in Kustomer, and switch it off"
	doFindTwice     = "see whether two ledgers, or copies of one, are at work (acsync ledger check{here}), and " +
		"tell whoever maintains acsync: this must not happen"
	doLookShown    = "look it up in Agent Connect, whose data can lose rows; it is not asked again"
	doLookAllShown = "%s in the ledger as accepted and not in Agent Connect's data, which can lose rows: look " +
		"these up there. They are not asked again."
	doResolveOne  = "acsync resolve{here} settles it"
	doResolveAll  = "%s in doubt: acsync resolve{here} settles these."
	doAwaitQueued = "acsync run{here}, or the next scheduled run, reads what is queued again, decides " +
		"anew, and asks."
	doRebuild = "The ledger is not the newest: Agent Connect shows requests of it that it does not know of. " +
		"Stop whatever else uses a copy of it, then run acsync ledger rebuild{here}."

	// The ledger's witness.
	doSetSecret = "set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET"
	doStamp     = "set agent_connect.stamp = true"
	doWitness   = "name a directory outside of the ledger's folder, best on another disk: ledger.witness"

	// The ledger's backups.
	doMakeBackups = "set ledger.backup_dir, best to another disk: passes then write one a day"
	doMendBackups = "see whether it is there, mounted, and this user's to read and write (ledger.backup_dir): " +
		"each pass tries again"
	doMoveBackups = "what takes the ledger's folder takes them as well: set ledger.backup_dir to another " +
		"place, best on another disk, and move them there"
	doAwaitBackup = "the next acsync run{here} writes one; what keeps it from that its notices say"
)

var remedies = map[decide.Reason]string{
	decide.EmployeeNotFound: "create a profile in Agent Connect for these agents, with the address that " +
		"Kustomer has for them",
	decide.EmployeeDeactivated: "activate these agents' profiles in Agent Connect, or filter their " +
		"conversations out",
	decide.EmployeeIncomplete: "complete these agents' profiles in Agent Connect, and have them approved",
	decide.InvalidCustomer:    "look at the customer's name and address in Kustomer",
	decide.ChannelNotEnabled: "enable the channel in Agent Connect, or map it to one that is " +
		"(mapping.channels)",
	decide.ChannelManual:   "put the channel into integrated mode in Agent Connect",
	decide.BrandRefused:    "compare the brand with those of Agent Connect",
	decide.LanguageRefused: "compare the language with those of Agent Connect",
	decide.Forbidden: "look at what these requests hold that others do not, such as markup in a name or a " +
		"tag; passes try them again, behind all others, and give up one that fails 5 times",
	decide.Gateway: "ask whoever runs the proxy or the firewall before Agent Connect what it has against " +
		"these; passes try them again, behind all others, and give up one that fails 5 times while others " +
		"are taken",
	decide.UnreadableRecord: "open these in Kustomer, and ask its support why its API does not give them: " +
		"passes try again, and after 72 h they are given up",
	decide.GaveUp:      "find out why Agent Connect could not be reached for so long",
	decide.MaskedEmail: "give Kustomer's API key the role to read sensitive data",
	decide.TimeOutOfRange: "look in Kustomer at when they were marked done; marked done again they are " +
		"asked about",
	decide.DoNotSendUnreadable: "give Kustomer's API key the role to read custom attributes, or look at " +
		"them in Kustomer",
	decide.NoFirstRequest: "recovery.without_first = \"ask\" asks these as usual, and so does a " +
		"recovery.when that holds for follow-ups alone; a back-fill over that time catches up on them",
}

// advise completes words of advice with the flags that point a command at the same ledger, and with args.
func advise(words, here string, args ...any) string {
	words = strings.ReplaceAll(words, "{here}", strings.ReplaceAll(here, "%", "%%"))
	return fmt.Sprintf(words, args...)
}

// adoptedBefore is how long before a range others may have asked about its conversations: as far back as an
// audit looks.
const adoptedBefore = 90 * 24 * time.Hour

// rangeFlags are the flags of a command about a range.
func rangeFlags(w fetch.Window) string {
	return fmt.Sprintf(" --from %s --to %s", flagTime(w.From), flagTime(w.To))
}

// flagTime is a time as a flag takes it, no longer than need be.
func flagTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

func goesOn(mode, here string) string {
	switch mode {
	case "apply":
		return advise(doApply, here)
	case "backfill":
		return advise(doBackfill, here)
	}
	return advise(doRun, here)
}

func remedy(decision string, reason decide.Reason, here string) string {
	switch {
	case decision == store.InDoubt.String():
		return advise(doSettle, here)
	case decision == store.Rejected.String() && slices.Contains(decide.Mendable(), reason.Family()):
		return advise(doRetry, here, cure(reason, here), reason.Family())
	}
	return cure(reason, here)
}

// remedyOf is the remedy for what a pass has met. Of a rehearsal nothing is to be settled or asked again.
func remedyOf(p Pass, decision string, reason decide.Reason) string {
	switch {
	case !p.rehearsed():
		return remedy(decision, reason, p.Here)
	case decision == store.InDoubt.String():
		return doLeave
	// Its ledger knows of none.
	case reason == decide.NoFirstRequest:
		return doUnknownFirst
	}
	return advise(doRehearseAgain, p.Here, cure(reason, p.Here))
}

// cure is what mends the cause.
func cure(reason decide.Reason, here string) string {
	if reason.Family() == decide.AnyRuleError {
		return advise(doMend, here)
	}
	return cmp.Or(remedies[reason], doReadWords)
}

func needsHand(decision string, reason decide.Reason) bool {
	switch reason {
	case decide.MaskedEmail, decide.DoNotSendUnreadable, decide.TimeOutOfRange, decide.NoFirstRequest:
		return true
	}
	return reason.Parked() || decision == store.Rejected.String() || decision == store.InDoubt.String()
}
