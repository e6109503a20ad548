using Envoy.Service.Discovery.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;

namespace Lateen.Agent.Hosting;

/// <summary>Resources from a JSON file in place of a control plane (<c>--xds-file</c>): for trying a configuration and for tests.</summary>
/// <remarks>The file is a list of DiscoveryResponse objects or one of them; resources carry their <c>@type</c>.</remarks>
internal static class XdsFile
{
    /// <summary>Applies the file; returns the problems, each with the type it concerns.</summary>
    /// <exception cref="InvalidDataException">The file is not such JSON.</exception>
    public static IReadOnlyList<string> Apply(string path, ProxyServer proxy)
    {
        var problems = new List<string>();
        foreach (var response in Read(path).OrderBy(r => Lateen.Xds.XdsTypes.PushOrder(r.TypeUrl)))
        {
            var typeUrl = response.TypeUrl.Length > 0 ? response.TypeUrl : response.Resources.FirstOrDefault()?.TypeUrl ?? "";
            problems.AddRange(proxy.Apply(typeUrl, response.VersionInfo, response.Resources).Select(p => $"{TypeUrls.ShortName(typeUrl)}: {p}"));
        }
        return problems;
    }

    private static List<DiscoveryResponse> Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            if (text.TrimStart().StartsWith('['))
            {
                return [.. XdsJson.Parse<ListValue>(text).Values.Select(v => XdsJson.Parse<DiscoveryResponse>(v.ToString()))];
            }
            return [XdsJson.Parse<DiscoveryResponse>(text)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
