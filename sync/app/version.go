package app

import "runtime/debug"

// version is the module's version, and the revision it was built from where that is known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version + " " + setting.Value
		}
	}
	return info.Main.Version
}

// userAgent is what the services are told of who calls.
func userAgent() string { return "acsync/" + version() }
