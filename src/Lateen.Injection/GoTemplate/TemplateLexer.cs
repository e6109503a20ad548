using System.Globalization;
using System.Text;

namespace Lateen.Injection.GoTemplate;

/// <summary>Cuts a template into tokens: text outside <c>{{ }}</c>, and what stands inside.</summary>
/// <remarks>
/// Go text/template, "Text and spaces": <c>{{- </c> and <c> -}}</c> trim the white space beside the action; a comment is an
/// action that holds nothing but <c>/* */</c>. Blanks inside an action are tokens, because <c>.a.b</c> and <c>.a .b</c> differ.
/// </remarks>
internal sealed class TemplateLexer
{
    private readonly string _name;
    private readonly string _text;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;
    private int _line = 1;

    private TemplateLexer(string name, string text)
    {
        _name = name;
        _text = text;
    }

    public static List<TemplateToken> Read(string name, string text)
    {
        var lexer = new TemplateLexer(name, text);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        var trimLeft = false;
        while (true)
        {
            var open = _text.IndexOf("{{", _at, StringComparison.Ordinal);
            var end = open < 0 ? _text.Length : open;
            var trimRight = open >= 0 && HasTrimMarker(open + 2);
            EmitText(_text[_at..end], trimLeft, trimRight);
            if (open < 0)
            {
                break;
            }

            _at = open + (trimRight ? 3 : 2);
            trimLeft = TryReadComment() ?? ReadAction();
        }

        Add(TokenKind.End, "");
    }

    private bool HasTrimMarker(int at) =>
        at + 1 < _text.Length && _text[at] == '-' && IsSpace(_text[at + 1]);

    private void EmitText(string raw, bool trimLeft, bool trimRight)
    {
        var text = trimLeft ? raw.TrimStart(' ', '\t', '\r', '\n') : raw;
        text = trimRight ? text.TrimEnd(' ', '\t', '\r', '\n') : text;
        if (text.Length > 0)
        {
            Add(TokenKind.Text, text);
        }

        CountLines(raw);
    }

    /// <summary>Null: no comment here. Otherwise whether the text after it is trimmed.</summary>
    private bool? TryReadComment()
    {
        var at = _at;
        while (at < _text.Length && IsSpace(_text[at]))
        {
            at++;
        }

        if (string.CompareOrdinal(_text, at, "/*", 0, 2) != 0)
        {
            return null;
        }

        var end = _text.IndexOf("*/", at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("comment is not closed with */");
        }

        var close = end + 2;
        while (close < _text.Length && IsSpace(_text[close]))
        {
            close++;
        }

        var trim = close < _text.Length && _text[close] == '-';
        close += trim ? 1 : 0;
        if (string.CompareOrdinal(_text, close, "}}", 0, 2) != 0)
        {
            throw Error("a comment must be the only thing between {{ and }}");
        }

        CountLines(_text[_at..(close + 2)]);
        _at = close + 2;
        return trim;
    }

    private bool ReadAction()
    {
        Add(TokenKind.Open, "{{");
        while (true)
        {
            if (_at >= _text.Length)
            {
                throw Error("action is not closed with }}");
            }

            if (IsClosing(out var trim))
            {
                Add(TokenKind.Close, "}}");
                return trim;
            }

            ReadToken();
        }
    }

    private bool IsClosing(out bool trim)
    {
        trim = IsSpace(_text[_at]) && EndsWithTrimMarker(out var length);
        if (trim)
        {
            EndsWithTrimMarker(out length);
            CountLines(_text.Substring(_at, length));
            _at += length;
            return true;
        }

        if (string.CompareOrdinal(_text, _at, "}}", 0, 2) != 0)
        {
            return false;
        }

        _at += 2;
        return true;
    }

    private bool EndsWithTrimMarker(out int length)
    {
        var at = _at;
        while (at < _text.Length && IsSpace(_text[at]))
        {
            at++;
        }

        length = at + 3 - _at;
        return string.CompareOrdinal(_text, at, "-}}", 0, 3) == 0;
    }

    private void ReadToken()
    {
        var c = _text[_at];
        var next = _at + 1 < _text.Length ? _text[_at + 1] : '\0';
        switch (c)
        {
            case ' ' or '\t' or '\r' or '\n':
                ReadSpace();
                break;
            case '"':
                ReadQuoted();
                break;
            case '`':
                ReadRaw();
                break;
            case '\'':
                ReadChar();
                break;
            case '|':
                Take(TokenKind.Pipe, 1);
                break;
            case '(':
                Take(TokenKind.LeftParen, 1);
                break;
            case ')':
                Take(TokenKind.RightParen, 1);
                break;
            case ',':
                Take(TokenKind.Comma, 1);
                break;
            case ':' when next == '=':
                Take(TokenKind.Declare, 2);
                break;
            case '=':
                Take(TokenKind.Assign, 1);
                break;
            case '$':
                _at++;
                Add(TokenKind.Variable, "$" + ReadName());
                break;
            case '.' when IsNameStart(next):
                _at++;
                Add(TokenKind.Field, ReadName());
                break;
            case '.' when !char.IsAsciiDigit(next):
                Take(TokenKind.Dot, 1);
                break;
            default:
                ReadWord(c, next);
                break;
        }
    }

    private void ReadWord(char c, char next)
    {
        if (char.IsAsciiDigit(c) || c == '.' || (c is '-' or '+' && (char.IsAsciiDigit(next) || next == '.')))
        {
            var start = _at++;
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '_'
                || (_text[_at] is '+' or '-' && _text[_at - 1] is 'e' or 'E')))
            {
                _at++;
            }

            Add(TokenKind.Number, _text[start.._at]);
        }
        else if (IsNameStart(c))
        {
            Add(TokenKind.Identifier, ReadName());
        }
        else
        {
            throw Error($"unexpected character '{c}' in an action");
        }
    }

    private void ReadSpace()
    {
        var start = _at;
        while (_at < _text.Length && IsSpace(_text[_at]) && !EndsWithTrimMarker(out _))
        {
            _at++;
        }

        if (_at > start)
        {
            Add(TokenKind.Space, " ");
            CountLines(_text[start.._at]);
        }
    }

    private void ReadQuoted()
    {
        var line = _line;
        var text = new StringBuilder();
        for (_at++; ; )
        {
            if (_at >= _text.Length || _text[_at] == '\n')
            {
                throw Error("string is not closed with \"");
            }

            if (_text[_at] == '"')
            {
                _at++;
                break;
            }

            ReadCharacter(text);
        }

        _tokens.Add(new TemplateToken(TokenKind.String, text.ToString(), line));
    }

    private void ReadRaw()
    {
        var end = _text.IndexOf('`', _at + 1);
        if (end < 0)
        {
            throw Error("raw string is not closed with `");
        }

        var value = _text[(_at + 1)..end];
        Add(TokenKind.String, value);
        CountLines(value);
        _at = end + 1;
    }

    private void ReadChar()
    {
        _at++;
        var text = new StringBuilder();
        if (_at < _text.Length)
        {
            ReadCharacter(text);
        }

        if (_at >= _text.Length || _text[_at] != '\'')
        {
            throw Error("character constant is not closed with '");
        }

        _at++;
        Add(TokenKind.Char, text.ToString());
    }

    // Go specification, "Rune literals" and "String literals": the escapes of an interpreted string.
    private void ReadCharacter(StringBuilder into)
    {
        var c = _text[_at++];
        if (c != '\\')
        {
            into.Append(c);
            return;
        }

        if (_at >= _text.Length)
        {
            throw Error("string ends in a backslash");
        }

        c = _text[_at++];
        var plain = "abfnrtv\\'\"".IndexOf(c);
        if (plain >= 0)
        {
            into.Append("\a\b\f\n\r\t\v\\'\""[plain]);
            return;
        }

        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0 || _at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rune)
            || !Rune.IsValid(rune))
        {
            throw Error($"unknown escape \\{c} in a string");
        }

        _at += digits;
        into.Append(new Rune(rune).ToString());
    }

    private string ReadName()
    {
        var start = _at;
        while (_at < _text.Length && (IsNameStart(_text[_at]) || char.IsDigit(_text[_at])))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private void Take(TokenKind kind, int length)
    {
        Add(kind, _text.Substring(_at, length));
        _at += length;
    }

    private void Add(TokenKind kind, string value) => _tokens.Add(new TemplateToken(kind, value, _line));

    private void CountLines(string passed) => _line += passed.AsSpan().Count('\n');

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsNameStart(char c) => c == '_' || char.IsLetter(c);

    private TemplateException Error(string reason) => new(_name, _line, reason);
}
