using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>
/// The journal of the last change, in the node's /var/lib/k8snetfilter, as JSON: what each step changes and how that was before, written
/// before the step is done, so that a process which is killed at any moment can be undone by another one.
/// </summary>
/// <remarks>
/// It may stand in an image that somebody else made. So it is read as strictly as it is written: only configuration below /etc, kernel
/// parameters, modules and bridges can be named in it, and only a file that nobody but its owner can write is believed.
/// </remarks>
internal sealed partial class Journal
{
    /// <summary>Where it stands, as the node names it.</summary>
    public const string Path = "/var/lib/k8snetfilter/last-change.json";

    private const int Version = 1;
    private const uint FileMode = 0x180; // rw-------
    private const int MostEntries = 20_000;

    private readonly AtomicFile _files;

    private Journal(AtomicFile files, JournalState state, IEnumerable<JournalEntry> entries)
    {
        _files = files;
        State = state;
        Entries = [.. entries];
    }

    /// <summary>How far the change got.</summary>
    public JournalState State { get; set; }

    /// <summary>The steps' entries in the order in which they were done.</summary>
    public List<JournalEntry> Entries { get; }

    /// <summary>When the change began.</summary>
    public DateTimeOffset Begun { get; private set; } = DateTimeOffset.UtcNow;

    /// <summary>The files of a root's journal.</summary>
    public static AtomicFile FilesOf(KernelRoot root) => new(root) { ModeOfNew = FileMode };

    /// <summary>Begins one; nothing is written yet.</summary>
    public static Journal Begin(AtomicFile files, IEnumerable<JournalEntry> entries) => new(files, JournalState.Applying, entries);

    /// <summary>Reads the journal of the last change; null if there is none.</summary>
    /// <exception cref="NodeException"><c>JournalInvalid</c>, or it can't be read.</exception>
    public static Journal? Read(AtomicFile files)
    {
        if (Describe(files) is not { } status)
        {
            return null;
        }

        if ((status.Uid != 0 && status.Uid != Ownership.EffectiveUser) || (status.Permissions & 0x12) != 0)
        {
            throw Invalid(BaselineMessages.JournalIsOpen);
        }

        byte[] content = files.Read(Path) ?? [];
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 8 });
            return Parse(files, document.RootElement);
        }
        catch (JsonException)
        {
            throw Invalid(BaselineMessages.JournalIsNoJson);
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException)
        {
            throw Invalid(BaselineMessages.JournalTypeWrong);
        }
    }

    private static FileStatus? Describe(AtomicFile files)
    {
        try
        {
            return files.Describe(Path, out _);
        }
        catch (NodeException failure) when (failure.ErrorId is nameof(Messages.FileNotRegular) or nameof(Messages.FileIsMask))
        {
            throw Invalid(BaselineMessages.NoRegularFile);
        }
    }

    /// <summary>Writes it, atomically.</summary>
    /// <exception cref="NodeException">The kernel refused.</exception>
    public void Save() => _files.Edit(Path, _ => Write());

    /// <summary>Puts the bytes of another journal in its place, or removes it.</summary>
    public static void Restore(AtomicFile files, byte[]? content)
    {
        if (content is not null)
        {
            files.Edit(Path, _ => content);
            return;
        }

        files.Remove(Path);
        files.RemoveEmptyDirectory(Path[..Path.LastIndexOf('/')]);
    }

    private byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("state", State == JournalState.Applied ? "applied" : "applying");
            json.WriteString("begun", Begun.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteStartArray("entries");
            foreach (var entry in Entries)
            {
                Write(json, entry);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, JournalEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("kind", entry.Kind.ToString());
        json.WriteString("target", entry.Target);
        Text("property", entry.Property);
        Text("old", entry.Old);
        Text("new", entry.New);
        if (entry.Kind == BaselineStepKind.File)
        {
            if (entry.OldFile is { } old)
            {
                json.WriteStartObject("oldFile");
                json.WriteBase64String("content", old.Content);
                json.WriteNumber("mode", old.Mode);
                json.WriteNumber("uid", old.Uid);
                json.WriteNumber("gid", old.Gid);
                json.WriteEndObject();
            }

            Text("newSha256", entry.NewHash);
            Texts("directories", entry.Directories);
        }

        Texts("modules", entry.Modules);
        if (entry.Others.Count != 0)
        {
            json.WriteStartObject("others");
            foreach (var (key, value) in entry.Others)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Text(string name, string? value)
        {
            if (value is not null)
            {
                json.WriteString(name, value);
            }
        }

        void Texts(string name, IReadOnlyList<string> values)
        {
            if (values.Count != 0)
            {
                json.WriteStartArray(name);
                foreach (string value in values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
            }
        }
    }

    private static Journal Parse(AtomicFile files, JsonElement root)
    {
        var map = Map(root, BaselineMessages.Journal, ["version", "state", "begun", "entries"]);
        if (!map.TryGetValue("version", out var version) || version.GetInt32() != Version)
        {
            throw Invalid(BaselineMessages.JournalVersionWrong(Version.ToString(CultureInfo.InvariantCulture)));
        }

        var state = Need(map, "state").GetString() switch
        {
            "applied" => JournalState.Applied,
            "applying" => JournalState.Applying,
            _ => throw Invalid(BaselineMessages.JournalStateUnknown),
        };
        var items = Need(map, "entries");
        if (items.GetArrayLength() > MostEntries)
        {
            throw Invalid(BaselineMessages.JournalTooLong);
        }

        return new Journal(files, state, items.EnumerateArray().Select(Entry)) { Begun = Need(map, "begun").GetDateTimeOffset() };
    }

    private static JournalEntry Entry(JsonElement item)
    {
        var map = Map(item, BaselineMessages.JournalEntry,
            ["kind", "target", "property", "old", "new", "oldFile", "newSha256", "directories", "modules", "others"]);
        var kind = Need(map, "kind").GetString() is { } word && Enum.GetNames<BaselineStepKind>().Contains(word)
            ? Enum.Parse<BaselineStepKind>(word) : throw Invalid(BaselineMessages.JournalKindUnknown);
        var entry = new JournalEntry
        {
            Kind = kind,
            Target = Need(map, "target").GetString() ?? "",
            Property = Text("property"),
            Old = Text("old"),
            New = Text("new"),
            OldFile = map.TryGetValue("oldFile", out var old) ? File(old) : null,
            NewHash = Text("newSha256"),
            Directories = Texts("directories"),
            Modules = Texts("modules"),
            Others = map.TryGetValue("others", out var others)
            ? [.. others.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString() ?? ""))] : [],
        };
        return Check(entry) is { } wrong ? throw Invalid(wrong) : entry;

        string? Text(string name) => map.TryGetValue(name, out var value) ? value.GetString() : null;
        string[] Texts(string name) =>
            map.TryGetValue(name, out var value) ? [.. value.EnumerateArray().Select(v => v.GetString() ?? "")] : [];
    }

    private static JournalFile File(JsonElement item)
    {
        var map = Map(item, BaselineMessages.JournalFile, ["content", "mode", "uid", "gid"]);
        return new JournalFile(Need(map, "content").GetBytesFromBase64(), Need(map, "mode").GetUInt32(), Need(map, "uid").GetUInt32(),
            Need(map, "gid").GetUInt32());
    }

    /// <summary>What is wrong with an entry; null where it is one that a change could have written.</summary>
    private static string? Check(JournalEntry entry)
    {
        string shown = Printable.Text(entry.Target, 200);
        switch (entry.Kind)
        {
            case BaselineStepKind.File:
                // Nothing with more power than a configuration file is ever put back: no program of /usr/bin, no password, no set-user-id
                // bit.
                return !BaselinePlanner.IsAdministrators(entry.Target) ? BaselineMessages.JournalNamesFile(shown)
                    : entry.OldFile is { } old && (old.Mode & ~0x1ffu) != 0 ? BaselineMessages.JournalGivesMore(shown)
                    : entry.NewHash is null || !Hash().IsMatch(entry.NewHash) ? BaselineMessages.JournalEndUnknown(shown)
                    : entry.Directories.Any(d => !entry.Target.StartsWith(d + "/", StringComparison.Ordinal) || d.Length < 2)
                    ? BaselineMessages.JournalNamesFolder(shown)
                    : null;
            case BaselineStepKind.LoadModule or BaselineStepKind.UnloadModule:
                return !ModuleName.IsValid(entry.Target) || !entry.Modules.All(ModuleName.IsValid)
                    ? BaselineMessages.JournalNamesModule(shown) : null;
            case BaselineStepKind.Sysctl:
                return !IsKey(entry.Target) || !entry.Others.All(o => IsKey(o.Key) && IsValue(o.Value)) || !IsValue(entry.Old)
                    || !IsValue(entry.New)
                    ? BaselineMessages.JournalNamesSysctl(shown) : null;
            default:
                return !IsLink(entry.Target) || entry.Old is not ("on" or "off") || entry.New is not ("on" or "off")
                    || entry.Property is not ("callIptables" or "callIp6tables" or "callArptables" or "hairpin")
                    ? BaselineMessages.JournalNamesLink(shown) : null;
        }
    }

    private static bool IsKey(string path) =>
        SysctlKey.TryParse("/" + path, out string parsed) && parsed == path && !path.Split('/').Any(part => part is "" or "." or "..");

    private static bool IsValue(string? value) =>
        value is null || (value.Length <= SysctlFile.LongestValue && value.All(c => c is '\t' or '\n' || !char.IsControl(c)));

    // dev_valid_name() in net/core/dev.c.
    private static bool IsLink(string name) => name.Length is > 0 and < 16 && name is not ("." or "..")
        && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c));

    private static Dictionary<string, JsonElement> Map(JsonElement element, string what, string[] keys)
    {
        var map = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!keys.Contains(property.Name) || !map.TryAdd(property.Name, property.Value))
            {
                throw Invalid(BaselineMessages.JournalKeyWrong(what));
            }
        }

        return map;
    }

    private static JsonElement Need(Dictionary<string, JsonElement> map, string key) =>
        map.TryGetValue(key, out var value) ? value : throw Invalid(BaselineMessages.JournalKeyMissing(key));

    private static NodeException Invalid(string what)
    {
        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.JournalInvalid), NodeErrorCategory.InvalidData, Path,
            what);
        failure.Subject = Path;
        return failure;
    }

    [GeneratedRegex("^[0-9A-F]{64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Hash();
}
