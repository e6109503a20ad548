using System.Collections.Concurrent;
using System.Text;

namespace Lateen.Translation;

/// <summary>Type URLs of generated messages, by their C# names.</summary>
/// <remarks>
/// A message's descriptor knows its name as well, but asking for one loads the descriptors of its whole file with everything that it imports,
/// by reflection: hundreds of milliseconds of a fresh process's first answer. protoc makes a namespace of a package part by part,
/// `envoy.transport_sockets.v3` becomes `Envoy.TransportSockets.V3`; nested messages lie in a class `Types`. A test compares all with their descriptors.
/// </remarks>
internal static class MessageTypes
{
    private static readonly ConcurrentDictionary<Type, string> Known = [];

    /// <summary>`type.googleapis.com/envoy.config.cluster.v3.Cluster`.</summary>
    public static string UrlOf(Type message) => Known.GetOrAdd(message, static type => $"{Protobuf.TypePrefix}/{NameOf(type)}");

    /// <summary>The full name of a message without its descriptor.</summary>
    public static string NameOf(Type message)
    {
        // Cluster.Types.TransportSocketMatch is the message TransportSocketMatch inside of Cluster.
        var name = message.Name;
        for (var outer = message.DeclaringType; outer is not null; outer = outer.DeclaringType)
        {
            name = outer.Name == "Types" ? name : $"{outer.Name}.{name}";
        }

        return $"{PackageOf(message.Namespace!)}.{name}";
    }

    private static string PackageOf(string ns)
    {
        // The well-known types name their own namespace.
        if (ns == "Google.Protobuf.WellKnownTypes")
        {
            return "google.protobuf";
        }

        var package = new StringBuilder(ns.Length + 4);
        for (var i = 0; i < ns.Length; i++)
        {
            var isInside = i > 0 && ns[i - 1] != '.';
            if (char.IsAsciiLetterUpper(ns[i]) && isInside)
            {
                package.Append('_');
            }

            package.Append(char.ToLowerInvariant(ns[i]));
        }

        return package.ToString();
    }
}
