import{aQ as t,aR as e}from"./words-CxbuKTkF.js";function w(i,o){t(window,["resize"],()=>e(()=>o(window[i])))}export{w as b};
