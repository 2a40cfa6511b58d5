// pwsh: PowerShell's own command line, from the packages that it is published as.
return Microsoft.PowerShell.UnmanagedPSEntry.Start(args, args.Length);
