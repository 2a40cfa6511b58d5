namespace K8sNetfilter.Fuzz;

/// <summary>One reader of outside bytes. A target is a class in this project with this interface; nothing else has to know it.</summary>
internal interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Valid inputs to start from.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>Reads the bytes. Whatever it throws is a finding, so it catches the failures that the reader promises.</summary>
    void Run(byte[] input);
}
