//go:build !linux

package postgres

import "acsync/store"

// bootID is not known here.
func bootID() string { return "" }

// gone is never known here.
func gone(store.Holder) bool { return false }
