using Lateen.Proxy.Admin;

namespace Lateen.Agent.Settings;

/// <summary>Which statistics a scrape gets: Istio's own, those of ProxyConfig, those of the pod's annotations.</summary>
internal static class ScrapeSettings
{
    private const string Annotation = "sidecar.istio.io/statsInclusion";

    /// <exception cref="FormatException">An expression of the annotations cannot be read.</exception>
    public static StatsInclusion Inclusion(AgentOptions options)
    {
        var annotations = DownwardFile.Read(options.AnnotationsPath);
        string[] List(string name) => annotations.TryGetValue(Annotation + name, out var text)
            ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
        return StatsInclusion.Istio.And(options.Proxy.ProxyStatsMatcher).And(new StatsInclusion(List("Prefixes"), List("Suffixes"), List("Regexps")));
    }
}
