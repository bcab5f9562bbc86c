//go:build unix

package app_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestKillInDatabase kills the built program at random moments while its ledger is in a database. Each pass after a kill
// goes on at once, because the process that had the lease is known to be gone; nobody is asked twice, and what was under way
// is settled by Agent Connect's data, or in doubt where these cannot be asked.
func TestKillInDatabase(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, secret := range []bool{false, true} {
		t.Run(fmt.Sprintf("secret %v", secret), func(t *testing.T) {
			t.Parallel()
			url, _ := inDatabase(t)
			v := newVictimIn(t, program, *killSeed, secret, url)
			within := killWithin
			if secret {
				within = killWithinAsking
			}
			random := rand.New(rand.NewPCG(*killSeed, 77))
			sum := v.live(t, amount(8, 60), random, within+100*time.Millisecond)
			t.Log(sum)
			if sum.kills < sum.rounds/3 {
				t.Errorf("only %d of %d rounds ended by the kill: the test shows little", sum.kills, sum.rounds)
			}
		})
	}
}
