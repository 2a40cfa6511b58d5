using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>The failures of this floor that are about modules.</summary>
internal static class ModuleErrors
{
    public static NodeException NameInvalid(string name) => About(
        NodeException.Create(Messages.ResourceManager, nameof(Messages.ModuleNameInvalid), NodeErrorCategory.InvalidArgument, Printable.Text(name, 60)), name);

    public static NodeException IndexMalformed(string file) => About(
        NodeException.Create(Messages.ResourceManager, nameof(Messages.ModuleIndexMalformed), NodeErrorCategory.InvalidData, file), file);

    public static NodeException ParameterInvalid(string name, string value) => About(
        NodeException.Create(
            Messages.ResourceManager,
            nameof(Messages.ModuleParameterInvalid),
            NodeErrorCategory.InvalidArgument,
            Printable.Text(name, 60),
            Printable.Text(value, 60)),
        name);

    private static NodeException About(NodeException failure, string subject)
    {
        failure.Subject = Printable.Text(subject, 200);
        return failure;
    }
}
