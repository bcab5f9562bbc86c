package sync

import (
	"maps"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/plan"
)

// planned is the cursor of a pass that carries out a plan instead of reading windows. The checkpoint stays
// where it is.
type planned struct {
	plan       *plan.Plan
	checkpoint time.Time
	floor      time.Time // the ledger knows who was asked about what was marked done since then
	byKey      map[store.Key]plan.Planned
}

// newPlanned refuses a plan that is not the ledger's own, or not any more.
func newPlanned(ledger WindowStore, info store.Info, now time.Time, o Options) (cursor, error) {
	made := o.Plan
	if err := made.Ledger.Check(info); err != nil {
		return nil, err
	}
	if err := made.CheckExpiry(now); err != nil { // it may have waited for the ledger
		return nil, err
	}
	// The plan of a back-fill does not care where the checkpoint is.
	if !made.Backfill {
		if err := notAhead(ledger, info, now, o); err != nil {
			return nil, err
		}
	}
	p := &planned{
		plan: made, checkpoint: info.Checkpoint, floor: info.Floor,
		byKey: map[store.Key]plan.Planned{},
	}
	if err := reachable(p.span(), now); err != nil {
		return nil, err
	}
	for _, each := range made.Send {
		p.byKey[each.Key()] = each
	}
	return p, nil
}

func (p *planned) pauses(fetch.Window, time.Time) bool { return true }
func (p *planned) maxPending(deliver.Limits) int       { return pendingAtOnce }
func (p *planned) advance(*store.Batch, commitRange)   {}
func (p *planned) recorded(store.Batch)                {}
func (p *planned) position() time.Time                 { return p.checkpoint }
func (p *planned) closed() time.Time                   { return time.Time{} }

func (p *planned) divide(waiting []store.Entry) (own, others []store.Entry) { return waiting, nil }

func (p *planned) span() fetch.Window {
	return fetch.Window{From: p.plan.From, To: p.plan.To}
}

// keys are those that the plan names.
func (p *planned) keys() (keys []store.Key) {
	for key := range p.byKey {
		keys = append(keys, key)
	}
	return keys
}

// canonicalize puts what is planned under the keys that the ledger knows by now: a pass may have met a
// resolution meanwhile, as it was told then.
func (p *planned) canonicalize(per decide.SurveyPer, known map[store.Key]store.Record) {
	families, _ := decide.GroupByConversation(known)
	for key, each := range maps.Clone(p.byKey) {
		first := key
		if key.Resolution != 0 && known[key].State == store.Unknown {
			first = per.KeyAt(
				key, decide.CanonicalTime(each.Resolution, decide.Records(families[key.Conversation])))
		}
		if _, taken := p.byKey[first]; !taken {
			delete(p.byKey, key)
			p.byKey[first] = each
		}
	}
}

// caseOf is a conversation of the plan before it is read again.
func (p *planned) caseOf(entry store.Entry) decide.Case {
	c := decide.WaitingCase(entry)
	c.Known.Resolution = p.byKey[entry.Key].Resolution
	return c
}

// same reports whether a conversation comes to the same request, for the same resolution, and the ledger
// still would know if it had been sent meanwhile.
func (p *planned) same(c decide.Case) bool {
	hash, err := p.plan.Hash(c.Request)
	each := p.byKey[c.Key]
	return err == nil && hash == each.Request && decide.SameResolution(c.Resolution(), each.Resolution) &&
		(c.Known.State != store.Unknown || !c.Resolution().Before(p.floor))
}
