using System.Text;
using Lateen.Config;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Reads out of a resource which objects it was made from: translation leaves their API paths in the metadata.</summary>
/// <remarks>`/apis/networking.istio.io/v1alpha3/namespaces/NS/destination-rule/NAME`, control plane sheet, 3.</remarks>
internal static class SourceObjects
{
    private const string Places = "/namespaces/";
    private static readonly byte[] Begin = "/apis/"u8.ToArray();

    public static IReadOnlyList<ResourceName> Of(XdsResource resource)
    {
        var found = new List<ResourceName>();
        var bytes = resource.Body.Value.Span;
        while (bytes.IndexOf(Begin) is >= 0 and var at)
        {
            bytes = bytes[at..];
            var length = bytes.IndexOfAnyExcept(PathBytes);
            if (Read(Encoding.ASCII.GetString(length < 0 ? bytes : bytes[..length])) is { } name && !found.Contains(name))
            {
                found.Add(name);
            }

            bytes = bytes[Begin.Length..];
        }

        return found;
    }

    private static readonly System.Buffers.SearchValues<byte> PathBytes =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.-_"u8);

    private static ResourceName? Read(string path) =>
        path.IndexOf(Places, StringComparison.Ordinal) is >= 0 and var at && path[(at + Places.Length)..].Split('/') is [var ns, var kind, var name]
            ? new ResourceName(Kind(kind), ns, name)
            : null;

    /// <summary>`destination-rule` is DestinationRule.</summary>
    private static string Kind(string kebab) =>
        string.Concat(kebab.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
