using K8sNetfilter.Text;

namespace K8sNetfilter.Configuration;

/// <summary>One line of a configuration file as the tool that reads the file understands lines.</summary>
/// <param name="Text">The text, from which <see cref="ByteText"/> makes the same bytes again: what the tool compares byte by byte stays
/// comparable.</param>
/// <param name="Line">The line in an editor, counted from 1: the one on which it starts.</param>
public readonly record struct TextLine(string Text, int Line);
