using K8sNetfilter.Host;

// A tool for nodes sends nothing to anybody, and can be debugged by nobody else; both would also cost start time.
DebugEndpoints.Remove();
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("POWERSHELL_DIAGNOSTICS_OPTOUT", "1");

// DSC's resources need no engine, and are not to wait for one to be loaded: what knows it is a method of its own.
return args is ["dsc", ..] ? DscRun.Execute(args[1..]) : ShellRun.Execute(args);
