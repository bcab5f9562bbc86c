//go:build !unix

package config

import "io/fs"

func ofRoot(fs.FileInfo) bool { return false }
