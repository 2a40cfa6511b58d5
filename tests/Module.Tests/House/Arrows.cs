using dnlib.DotNet;
using dnlib.DotNet.Emit;

namespace K8sNetfilter.Tests.House;

/// <summary>Which types of an assembly use which others of it, read from its metadata and code. A nested type counts as the one around it.</summary>
internal sealed class Arrows
{
    private readonly Dictionary<string, HashSet<string>> _uses = new(StringComparer.Ordinal);
    private readonly ModuleDef _module;

    private Arrows(ModuleDef module)
    {
        _module = module;
        foreach (var type in module.GetTypes().Where(t => !t.FullName.StartsWith('<')))
        {
            Visit(type, Target(type));
        }
    }

    /// <summary>The namespace of each type, by the type's full name.</summary>
    public Dictionary<string, string> Namespaces { get; } = new(StringComparer.Ordinal);

    /// <summary>Each use: who, and what is used. Both are types of the assembly, by full name.</summary>
    public IEnumerable<(string From, string To)> All => _uses.SelectMany(u => u.Value.Where(to => to != u.Key).Select(to => (u.Key, to)));

    public static Arrows Of(string path)
    {
        using var module = ModuleDefMD.Load(File.ReadAllBytes(path));
        return new Arrows(module);
    }

    private HashSet<string> Target(TypeDef type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        Namespaces[type.FullName] = type.Namespace;
        if (!_uses.TryGetValue(type.FullName, out var uses))
        {
            _uses[type.FullName] = uses = new HashSet<string>(StringComparer.Ordinal);
        }

        return uses;
    }

    private void Visit(TypeDef type, HashSet<string> uses)
    {
        Add(type.BaseType?.ToTypeSig(), uses);
        foreach (var implemented in type.Interfaces)
        {
            Add(implemented.Interface.ToTypeSig(), uses);
        }

        foreach (var field in type.Fields)
        {
            Add(field.FieldType, uses);
        }

        foreach (var method in type.Methods)
        {
            Add(method.MethodSig, uses);
            foreach (var local in method.Body?.Variables ?? Enumerable.Empty<Local>())
            {
                Add(local.Type, uses);
            }

            foreach (var step in method.Body?.Instructions ?? [])
            {
                Add(step.Operand, uses);
            }
        }
    }

    private void Add(object? operand, HashSet<string> uses)
    {
        switch (operand)
        {
            case MethodSpec spec:
                Add(spec.Method, uses);
                foreach (var argument in spec.GenericInstMethodSig?.GenericArguments ?? [])
                {
                    Add(argument, uses);
                }

                break;
            case MemberRef member:
                Add(member.DeclaringType?.ToTypeSig(), uses);
                Add(member.MethodSig, uses);
                Add(member.FieldSig?.Type, uses);
                break;
            case MethodDef method:
                Add(method.DeclaringType.ToTypeSig(), uses);
                Add(method.MethodSig, uses);
                break;
            case FieldDef field:
                Add(field.DeclaringType.ToTypeSig(), uses);
                Add(field.FieldType, uses);
                break;
            case ITypeDefOrRef type:
                Add(type.ToTypeSig(), uses);
                break;
        }
    }

    private void Add(MethodSig? signature, HashSet<string> uses)
    {
        Add(signature?.RetType, uses);
        foreach (var parameter in signature?.Params ?? Enumerable.Empty<TypeSig>())
        {
            Add(parameter, uses);
        }
    }

    private void Add(TypeSig? signature, HashSet<string> uses)
    {
        for (; signature is not null; signature = signature.Next)
        {
            if (signature is GenericInstSig generic)
            {
                Add(generic.GenericType, uses);
                foreach (var argument in generic.GenericArguments)
                {
                    Add(argument, uses);
                }
            }
            else if (signature is TypeDefOrRefSig { TypeDefOrRef: { } used } && used.ResolveTypeDef() is { } type && type.Module == _module)
            {
                while (type.DeclaringType is { } outer)
                {
                    type = outer;
                }

                // What the compiler makes for collection expressions is in no room.
                if (!type.FullName.StartsWith('<'))
                {
                    uses.Add(type.FullName);
                }
            }
        }
    }
}
