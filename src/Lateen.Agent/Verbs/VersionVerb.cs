using System.Reflection;

namespace Lateen.Agent.Verbs;

/// <summary><c>lateen-agent version</c>.</summary>
internal static class VersionVerb
{
    public const string Name = "version";

    public static string Version { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static int Run(TextWriter output)
    {
        output.WriteLine(Version);
        return 0;
    }
}
