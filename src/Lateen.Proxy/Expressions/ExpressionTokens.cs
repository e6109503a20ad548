using System.Text;

namespace Lateen.Proxy.Expressions;

/// <summary>Splits an expression into names, numbers, quoted texts (with their opening quote) and operators.</summary>
internal static class ExpressionTokens
{
    private static readonly string[] Pairs = ["==", "!=", "<=", ">=", "&&", "||"];

    public static List<string>? Split(string text, out string? error)
    {
        List<string> tokens = [];
        error = null;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c is '"' or '\'')
            {
                if (Quoted(text, i, out int end) is not { } quoted)
                {
                    error = $"the text that begins at offset {i} has no closing {c}";
                    return null;
                }
                tokens.Add(c + quoted);
                i = end;
            }
            else if (char.IsLetterOrDigit(c) || c == '_' || (c == '-' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])))
            {
                bool number = !char.IsLetter(c) && c != '_';
                int end = i + 1;
                while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_' || (number && text[end] == '.')))
                {
                    end++;
                }
                tokens.Add(text[i..end]);
                i = end;
            }
            else
            {
                int length = i + 1 < text.Length && Array.IndexOf(Pairs, text.Substring(i, 2)) >= 0 ? 2 : 1;
                tokens.Add(text.Substring(i, length));
                i += length;
            }
        }
        return tokens;
    }

    private static string? Quoted(string text, int start, out int end)
    {
        StringBuilder value = new();
        for (end = start + 1; end < text.Length; end++)
        {
            if (text[end] == text[start])
            {
                end++;
                return value.ToString();
            }
            if (text[end] == '\\' && end + 1 < text.Length)
            {
                end++;
            }
            value.Append(text[end]);
        }
        return null;
    }
}
