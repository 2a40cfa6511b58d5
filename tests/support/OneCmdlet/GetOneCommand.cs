using System.Management.Automation;

namespace OneCmdlet;

/// <summary>Gets an object with a number.</summary>
[Cmdlet(VerbsCommon.Get, "One")]
[OutputType(typeof(One))]
public sealed class GetOneCommand : Cmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => WriteObject(new One());
}
