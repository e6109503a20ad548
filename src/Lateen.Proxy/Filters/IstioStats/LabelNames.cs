using System.Text;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>SourceWorkload is source_workload.</summary>
internal static class LabelNames
{
    private static readonly string[] Names = [.. Enum.GetNames<MeshTag>().Select(ToName)];

    public static string Of(MeshTag tag) => Names[(int)tag];

    private static string ToName(string member)
    {
        StringBuilder text = new();
        foreach (char c in member)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
