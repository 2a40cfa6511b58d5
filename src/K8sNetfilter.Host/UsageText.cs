namespace K8sNetfilter.Host;

/// <summary>What <c>k8snf -Help</c> says.</summary>
internal static class UsageText
{
    /// <summary>The text.</summary>
    public const string Text = """
        k8snf runs PowerShell text with the K8sNetfilter module loaded, on nodes without pwsh.

          k8snf [options] <command line>            k8snf Get-NodeSysctl -Name net.ipv4.*
          k8snf [options] -File script.ps1 [args]   each argument arrives whole
          k8snf Get-Command -Module K8sNetfilter    what there is; each with its page: k8snf Get-Help Test-ServiceHairpin
          k8snf dsc get|test|set|export <resource>  for Desired State Configuration: k8snf Get-Help about_NodeDsc

          -Json       one JSON object a line          -Quiet     no output, only errors and the exit code
          -Command    what follows is the text, even if it starts with a dash
          -Trace      each netlink message to and from the kernel on standard error, as K8SNETFILTER_DEBUG=netlink
          -Help       this text                       -Version   the versions

        All arguments are joined with a blank and read as PowerShell, as pwsh -Command does. What the shell
        would take away is quoted for both: k8snf Get-NodeSysctl '| Where-Object IsDrifted',
        k8snf Set-NodeSysctl -Name net.ipv4.tcp_rmem -Value "'4096 87380 6291456'".
        Lines piped in are $input: iptables-save | k8snf '$input | Get-NetfilterRule'.

        Exit code: 0 it ran, 1 an error was written, 2 nothing was run (wrong usage, or the text does not parse),
        130 or 143 after Ctrl-C or SIGTERM; a script's own exit number comes through.

        """;
}
