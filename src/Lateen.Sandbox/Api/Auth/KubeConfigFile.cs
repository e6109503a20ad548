using System.Text;

namespace Lateen.Sandbox.Api.Auth;

/// <summary>Writes the file with which kubectl finds and enters the sandbox.</summary>
internal static class KubeConfigFile
{
    public static void Write(string path, string name, Uri server, string authorityPem, string token) => PrivateFile.Write(path, $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: {name}
          cluster:
            server: {server.GetLeftPart(UriPartial.Authority)}
            certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authorityPem))}
        users:
        - name: {name}
          user:
            token: {token}
        contexts:
        - name: {name}
          context:
            cluster: {name}
            user: {name}
        current-context: {name}

        """);
}
