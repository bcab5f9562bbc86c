package pgtest

import "syscall"

// endWithParent lets the system end a process together with the thread that starts it.
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
