using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0130: a rule that no request reaches. IST0131: a match of a rule that an earlier rule has already.</summary>
internal static class RuleReachability
{
    public static IEnumerable<ConfigProblem> Of(AnalyzedMesh mesh, VirtualServiceConfig service)
    {
        var at = (string path) => mesh.At(service.Meta, path);
        return Check(
                [.. service.Http.Select((rule, i) => new Rule<HttpMatch>(
                    rule.Name.Length > 0 ? GoText.Quoted(rule.Name) : $"#{i}",
                    $"spec.http[{i}]",
                    [.. rule.Match.Select(match => match with { Name = "" })],
                    [.. rule.Match.Select(match => match.Name)]))],
                at)
            .Concat(Check([.. service.Tls.Select((rule, i) => new Rule<TlsMatch>($"#{i}", $"spec.tls[{i}]", [.. rule.Match], []))], at))
            .Concat(Check([.. service.Tcp.Select((rule, i) => new Rule<L4Match>($"#{i}", $"spec.tcp[{i}]", [.. rule.Match], []))], at));
    }

    private static IEnumerable<ConfigProblem> Check<T>(IReadOnlyList<Rule<T>> rules, Func<string, ConfigLocation> at)
        where T : notnull
    {
        var seen = new Dictionary<T, Rule<T>>();
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            if (rule.Matches.Count == 0 && i < rules.Count - 1)
            {
                yield return Unreachable(rule.Name, "only the last rule can have no matches", at(rule.Path));
            }

            var repeated = 0;
            for (var j = 0; j < rule.Matches.Count; j++)
            {
                if (seen.TryAdd(rule.Matches[j], rule))
                {
                    continue;
                }

                repeated++;
                var name = j < rule.Names.Count && rule.Names[j].Length > 0 ? GoText.Quoted(rule.Names[j]) : $"#{j}";
                yield return Findings.Info(
                    "IST0131",
                    $"VirtualService rule {rule.Name} match {name} is not used (duplicate/overlapping match in rule {seen[rule.Matches[j]].Name}).",
                    at($"{rule.Path}.match[{j}]"));
            }

            if (repeated > 0 && repeated == rule.Matches.Count)
            {
                yield return Unreachable(rule.Name, "all matches used by prior rules", at(rule.Path));
            }
        }
    }

    private static ConfigProblem Unreachable(string rule, string reason, ConfigLocation at) =>
        ConfigProblem.Warning("IST0130", $"VirtualService rule {rule} not used ({reason}).", at);

    /// <param name="Matches">Without their names, which decide nothing.</param>
    private sealed record Rule<T>(string Name, string Path, IReadOnlyList<T> Matches, IReadOnlyList<string> Names);
}
