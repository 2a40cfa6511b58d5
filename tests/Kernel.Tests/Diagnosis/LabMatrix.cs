using System.Net.Sockets;
using K8sNetfilter.Diagnosis.Lab;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Every cell of the outcome matrix that the lab can build.</summary>
internal static class LabMatrix
{
    private static readonly bool[] Both = [false, true];
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    /// <summary>The settings of bridge and translation: 384 cells.</summary>
    public static LabScenario[] Cells { get; } =
    [
        .. from call in Both
           from flag in Both
           from hairpin in Both
           from masquerade in Enum.GetValues<LabMasquerade>()
           from target in Enum.GetValues<LabTarget>()
           from family in Families
           from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
           select new LabScenario
           {
               Name = $"{target}{(call ? "Call" : "")}{(flag ? "Flag" : "")}{(hairpin ? "Hairpin" : "")}{masquerade}",
               Call = call, BridgeFlag = flag, Hairpin = hairpin, Masquerade = masquerade, Target = target, Family = family, Protocol = protocol,
           },
    ];

    /// <summary>What else decides: a node that does not route, a dropping policy, a promiscuous bridge: 96 cells.</summary>
    public static LabScenario[] FurtherCells { get; } =
    [
        .. from what in (string[])["ForwardingOff", "ForwardDrop", "Promiscuous"]
           from call in Both
           from hairpin in Both
           from target in Enum.GetValues<LabTarget>()
           from family in Families
           select new LabScenario
           {
               Name = $"{what}{target}{(call ? "Call" : "")}{(hairpin ? "Hairpin" : "")}", Call = call, Hairpin = hairpin, Target = target, Family = family,
               Forwarding = what != "ForwardingOff", ForwardDrop = what == "ForwardDrop", Promiscuous = what == "Promiscuous",
           },
    ];
}
