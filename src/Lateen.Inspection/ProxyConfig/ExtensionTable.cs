using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>The table of <c>proxy-config ecds</c>: filters whose configuration came by ECDS.</summary>
public static class ExtensionTable
{
    private const string TypePrefix = "type.googleapis.com/";

    /// <summary>One row per filter, sorted by type and name.</summary>
    public static string Render(ConfigDump dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        TextTable table = new(5, "ECDS NAME", "TYPE");
        foreach (var (type, name) in dump.ExtensionConfigs().Select(filter => (Type: TypeOf(filter), Name: filter.Text("name")))
            .OrderBy(row => row.Type, StringComparer.Ordinal).ThenBy(row => row.Name, StringComparer.Ordinal))
        {
            table.Add(name, type);
        }

        return table.ToString();
    }

    private static string TypeOf(JsonObject filter)
    {
        string type = filter.Object("typedConfig")?.Text("@type") ?? "";
        return type.StartsWith(TypePrefix, StringComparison.Ordinal) ? type[TypePrefix.Length..] : type;
    }
}
