using K8sNetfilter.IO;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// An index below /lib/modules that is read when it is first asked: the binary form, or the text where only that is there.
/// </summary>
internal sealed class FileModuleIndex : ModuleIndex
{
    // A distribution's largest index has 2 MiB.
    private const int Largest = 128 << 20;

    private readonly Lazy<ModuleIndex> _index;

    /// <summary>Makes an index; nothing is read yet.</summary>
    /// <param name="root">The node's root.</param>
    /// <param name="path">The text file as the node names it; the binary one has <c>.bin</c> behind it.</param>
    /// <param name="parseText">Reads the text.</param>
    public FileModuleIndex(KernelRoot root, string path, Func<string, ModuleIndex> parseText)
    {
        _index = new Lazy<ModuleIndex>(() =>
            ConfigFolder.TryReadAll(root, path + ".bin", Largest) is { Length: > 0 } binary ? new BinaryModuleIndex(binary, path + ".bin")
            : ConfigFolder.TryReadAll(root, path, Largest) is { } text ? parseText(ByteText.Decode(text))
            : Empty);
    }

    /// <summary>Makes an index of files that are read in another way.</summary>
    /// <param name="read">Reads a file by its name; null where it is not there.</param>
    /// <param name="path">The text file as the node names it.</param>
    /// <param name="name">Its base name.</param>
    /// <param name="parseText">Reads the text.</param>
    public FileModuleIndex(Func<string, byte[]?> read, string path, string name, Func<string, ModuleIndex> parseText)
    {
        _index = new Lazy<ModuleIndex>(() =>
            read(name + ".bin") is { Length: > 0 } binary ? new BinaryModuleIndex(binary, path + ".bin")
            : read(name) is { } text ? parseText(ByteText.Decode(text))
            : Empty);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Keys => _index.Value.Keys;

    /// <inheritdoc/>
    public override string? Find(string key) => _index.Value.Find(key);

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindMatching(string name) => _index.Value.FindMatching(name);
}
