using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>Why a module can't be loaded or unloaded, each reason an error of its own that says what to do.</summary>
internal sealed class ModuleFailures(KernelRoot root, LiveModuleSource source)
{
    /// <summary>There is no such module: for this kernel, for no kernel, or because the kernel's folder is gone.</summary>
    public NodeException NotFound(string name)
    {
        if (source.Catalog is { } catalog)
        {
            var osRelease = ConfigFolder.TryReadAll(root, "/etc/os-release", 1 << 16)
                ?? ConfigFolder.TryReadAll(root, "/usr/lib/os-release", 1 << 16);
            string? install = KernelPackage.InstallCommand(osRelease is null ? null : ByteText.Decode(osRelease), catalog.Release);
            return install is null
                ? Make(nameof(Messages.ModuleNotFound), NodeErrorCategory.NotFound, name, catalog.Release)
                : Make(nameof(Messages.ModuleNotFoundInPackage), NodeErrorCategory.NotFound, name, catalog.Release,
                Printable.Text(install));
        }

        return Make(nameof(Messages.ModuleFolderMissing), NodeErrorCategory.NotFound, name,
            $"{LiveModuleSource.ModulesFolder}/{source.Release}");
    }

    /// <summary>Something in the configuration keeps it out.</summary>
    public static NodeException Blocked(string name, BootLoad load) => load.Outcome switch
    {
        BootOutcome.Blacklisted => load.BlockedBy?.File == KernelCommandLine.Path
            ? Make(nameof(Messages.ModuleBlockedOnCommandLine), NodeErrorCategory.SecurityError, name, "modprobe.blacklist=")
            : Make(nameof(Messages.ModuleBlacklisted), NodeErrorCategory.SecurityError, name, load.BlockedBy),
        BootOutcome.InstallCommand =>
        Make(nameof(Messages.ModuleInstallCommandBlocks), NodeErrorCategory.SecurityError, name, load.BlockedBy),
        BootOutcome.KernelRefuses =>
        Make(nameof(Messages.ModuleBlockedOnCommandLine), NodeErrorCategory.SecurityError, name, "module_blacklist="),
        BootOutcome.AliasLeadsNowhere => Make(nameof(Messages.ModuleAliasBlocks), NodeErrorCategory.SecurityError, name, load.BlockedBy),
        _ => load.BlockedBy is null
            ? Make(nameof(Messages.ModuleDependencyMissing), NodeErrorCategory.NotFound, name, load.FailedDependency)
            : Make(nameof(Messages.ModuleDependencyBlocked), NodeErrorCategory.SecurityError, name, load.FailedDependency, load.BlockedBy),
    };

    /// <summary>The running kernel was built without CONFIG_MODULES.</summary>
    public static NodeException NoModuleSupport(string name) =>
        Make(nameof(Messages.ModulesNotSupported), NodeErrorCategory.NotSupported, name);

    /// <summary>It is a part of the kernel, which nothing takes out.</summary>
    public static NodeException BuiltIn(string name) => Make(nameof(Messages.ModuleBuiltIn), NodeErrorCategory.NotSupported, name);

    /// <summary>It has no exit function.</summary>
    public static NodeException Permanent(string name) => Make(nameof(Messages.ModulePermanent), NodeErrorCategory.NotSupported, name);

    /// <summary>Something uses it: modules, by their names, or what the kernel does not name.</summary>
    public static NodeException InUse(string name, IReadOnlyList<string> users, int? count) => users.Count != 0
        ? Make(nameof(Messages.ModuleInUse), NodeErrorCategory.ResourceBusy, name, string.Join(", ", users))
        : Make(nameof(Messages.ModuleInUseByOthers), NodeErrorCategory.ResourceBusy, name, count is null or 1
        ? ModuleMessages.Once : ModuleMessages.Times(count));

    /// <summary>The files that modprobe reads have one that it would wait for, or fail at.</summary>
    public static NodeException ConfigurationUnreadable(ConfigFile file) =>
        Make(nameof(Messages.ModuleConfigurationUnreadable), NodeErrorCategory.InvalidData, Printable.Text(file.Path), file.Problem);

    /// <summary>The file to persist in has a path that can't be one.</summary>
    public static NodeException PathInvalid(string path) =>
        Make(nameof(Messages.ModulePathInvalid), NodeErrorCategory.InvalidArgument, Printable.Text(path, 200));

    /// <summary>With a root there is nothing to load, only files to write.</summary>
    public NodeException PersistNeeded(string name) =>
        Make(nameof(Messages.ModulePersistNeeded), NodeErrorCategory.InvalidArgument, name, root.Path);

    /// <summary>It is loaded or built in already, with another value.</summary>
    public static NodeException ParameterNotApplied(string name, string parameter, string now, bool isBuiltIn) => Make(
        isBuiltIn ? nameof(Messages.ModuleParameterBuiltIn) : nameof(Messages.ModuleParameterNotApplied),
        NodeErrorCategory.InvalidResult,
        name,
        parameter,
        Printable.Text(now, 100));

    /// <summary>It said that it worked, and it didn't.</summary>
    public static NodeException NotThereAfterwards(string name) =>
        Make(nameof(Messages.ModuleNotLoadedAfterwards), NodeErrorCategory.InvalidResult, name);

    /// <summary>It said that it worked, and it didn't.</summary>
    public static NodeException StillThereAfterwards(string name) =>
        Make(nameof(Messages.ModuleStillLoadedAfterwards), NodeErrorCategory.InvalidResult, name);

    /// <summary>What the kernel said when it was given the module; <c>load_module()</c> in kernel/module/main.c.</summary>
    public NodeException LoadRefused(string name, int errno, string? said)
    {
        string words = said is { Length: > 0 } ? said : errno > 0 ? Errno.Describe(errno) : Messages.ModuleNoReason;
        var failure = errno switch
        {
            Errno.EPERM when Says("/proc/sys/kernel/modules_disabled", "1") =>
                Make(nameof(Messages.ModuleLoadingDisabled), NodeErrorCategory.SecurityError, name),
            Errno.EPERM when !Capabilities.Has(root, Capabilities.SysModule) =>
            Make(nameof(Messages.ModuleNotPermitted), NodeErrorCategory.PermissionDenied, name),
            Errno.EPERM when IsLockedDown() => Make(nameof(Messages.ModuleLockdown), NodeErrorCategory.SecurityError, name),
            Errno.EPERM => Make(nameof(Messages.ModuleNotPermitted), NodeErrorCategory.PermissionDenied, name),
            Errno.EKEYREJECTED or Errno.ENOKEY or Errno.EBADMSG =>
                Make(nameof(Messages.ModuleSignatureRejected), NodeErrorCategory.SecurityError, name, words),
            Errno.ENOSYS => NoModuleSupport(name),
            Errno.ENOENT => Make(nameof(Messages.ModuleSymbolUnknown), NodeErrorCategory.ResourceUnavailable, name),
            Errno.ENOEXEC => Make(nameof(Messages.ModuleWrongFormat), NodeErrorCategory.InvalidData, name, source.Release),
            _ => Make(nameof(Messages.ModuleLoadFailed), NodeErrorCategory.ResourceUnavailable, name, words),
        };
        failure.Errno = Math.Max(errno, 0);
        return failure;
    }

    /// <summary>What the kernel said when it was told to take the module out; delete_module(2).</summary>
    public NodeException UnloadRefused(string name, int errno, string? said)
    {
        string words = said is { Length: > 0 } ? said : errno > 0 ? Errno.Describe(errno) : Messages.ModuleNoReason;
        var failure = errno switch
        {
            Errno.EPERM when Says("/proc/sys/kernel/modules_disabled", "1") =>
                Make(nameof(Messages.ModuleLoadingDisabled), NodeErrorCategory.SecurityError, name),
            Errno.EPERM => Make(nameof(Messages.ModuleNotPermitted), NodeErrorCategory.PermissionDenied, name),
            Errno.EAGAIN => InUse(name, [], null),
            Errno.EBUSY => Permanent(name),
            Errno.ENOSYS => Make(nameof(Messages.ModuleUnloadNotSupported), NodeErrorCategory.NotSupported, name),
            _ => Make(nameof(Messages.ModuleUnloadFailed), NodeErrorCategory.ResourceUnavailable, name, words),
        };
        failure.Errno = Math.Max(errno, 0);
        return failure;
    }

    /// <summary>The file could not be written, so the kernel was put back as it was.</summary>
    public static NodeException PersistFailed(string name, NodeException why, bool isUndone)
    {
        string id = isUndone ? nameof(Messages.ModulePersistFailed) : nameof(Messages.ModulePersistFailedHalfway);
        return new NodeException(id, why.Category, Make(id, why.Category, name, why.Message).Message, why.RecommendedAction,
            why) { Subject = name, Errno = why.Errno };
    }

    private static NodeException Make(string id, NodeErrorCategory category, string name, params object?[] more)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, category, [name, .. more]);
        failure.Subject = name;
        return failure;
    }

    private bool Says(string path, string value) => Text(path)?.Trim() == value;

    private bool IsLockedDown() => Text("/sys/kernel/security/lockdown") is { } text
        && (text.Contains("[integrity]", StringComparison.Ordinal) || text.Contains("[confidentiality]", StringComparison.Ordinal));

    private string? Text(string path)
    {
        var bytes = ConfigFolder.TryReadAll(root, path, 1 << 16);
        return bytes is null ? null : ByteText.Decode(bytes);
    }
}
