namespace Lateen.Injection.Schema;

/// <summary>Reads the table form in which the schemas of this folder are written.</summary>
/// <remarks>
/// One line per type: <c>Name: field=type field=type …</c>. Types: s string, i whole number, b bool, q quantity, x number or name,
/// w wrapper, any; <c>[T]</c> list, <c>[T|key]</c> list merged by key, <c>[s|]</c> merged list of scalars, <c>{T}</c> map;
/// a capital first letter names another line. Suffixes: <c>*</c> zero and unset differ, <c>!</c> always written, <c>@Name</c> Go name.
/// </remarks>
internal static class SchemaReader
{
    private static readonly Dictionary<string, KubeType> Scalars = new(StringComparer.Ordinal)
    {
        ["s"] = new(KubeKind.String),
        ["i"] = new(KubeKind.Whole),
        ["b"] = new(KubeKind.Bool),
        ["q"] = new(KubeKind.Quantity),
        ["x"] = new(KubeKind.WholeOrString),
        ["w"] = new(KubeKind.Wrapper),
        ["any"] = new(KubeKind.Any),
    };

    public static IReadOnlyDictionary<string, KubeType> Read(string table)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(':', 2))
            .ToList();
        var types = lines.ToDictionary(line => line[0], line => new KubeType(KubeKind.Struct) { Name = line[0] }, StringComparer.Ordinal);
        foreach (var line in lines)
        {
            types[line[0]].Close([.. line[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(field => ReadField(field, types))]);
        }

        return types;
    }

    private static KubeField ReadField(string text, Dictionary<string, KubeType> types)
    {
        var (name, type) = (text[..text.IndexOf('=')], text[(text.IndexOf('=') + 1)..]);
        var goName = name;
        if (type.IndexOf('@') is var at and >= 0)
        {
            (type, goName) = (type[..at], type[(at + 1)..]);
        }

        var plain = type.TrimEnd('*', '!');
        var suffix = type[plain.Length..];
        return new KubeField(name, goName, ReadType(plain, types), suffix.Contains('*'), suffix.Contains('!'));
    }

    private static KubeType ReadType(string text, Dictionary<string, KubeType> types)
    {
        if (text[0] == '{')
        {
            return new KubeType(KubeKind.Map, ReadType(text[1..^1], types));
        }

        if (text[0] != '[')
        {
            return Scalars.TryGetValue(text, out var scalar) ? scalar : types[text];
        }

        var parts = text[1..^1].Split('|');
        return new KubeType(KubeKind.List, ReadType(parts[0], types), parts.Length > 1 ? parts[1] : null);
    }
}
